/** train: labelled captures in, a random forest and its figures out. */
export {
  trainRandomForest,
  type TrainingOptions,
  type TrainingProgress,
  type TrainingResult,
} from './train-random-forest.ts'
export type { CaptureOutcome, Evaluation } from './cross-validate.ts'
export { formatModel, writeModelText } from '../detect/models/index.ts'
