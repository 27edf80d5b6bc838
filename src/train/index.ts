/** train: labelled captures in, a random forest and its figures out. */
export { trainRandomForest, type TrainingProgress } from './train-random-forest.ts'
export type { Evaluation } from './cross-validate.ts'
export { measureModels, type MeasuredModels } from './model-figures.ts'
export { readTruth, type LabelledCapture, type TruthRow } from './truth.ts'
export { ALERT_SEVERITY, judgeOf, type Claim } from './judging/judge.ts'
export {
  outcomeOf,
  type CaptureOutcome,
  type FirstAlert,
  type TrialFacts,
} from './judging/outcome.ts'
export { reportOf, type EvaluationReport, type ReportParts } from './judging/report.ts'
export { reportMarkdown } from './judging/markdown.ts'
export { formatModel, writeModelText } from '../detect/models/index.ts'
