/** detect/models: two forests, "unlike this host's own past" and "like attacks we know". */
export {
  FlowScorer,
  isTaught,
  type FlowScores,
  type ScorerConfig,
  type ScorerOptions,
} from './flow-scorer.ts'
export type { LearningState } from './learning/host-model.ts'
export {
  loadShippedModels,
  loadStoredModels,
  storeModel,
  storeSample,
  SHIPPED_RANDOM_FOREST,
  type StoredModels,
} from './stored/stored-models.ts'
export { formatModel, parseModel, readModelFile, writeModelText } from './stored/model-file.ts'
export {
  columnMedians,
  quantile,
  type IsolationForestModel,
  type Model,
  type RandomForestModel,
} from './model.ts'
export {
  attackShare,
  compileForest,
  mergeForests,
  type FlatForest,
  type SourceNode,
} from './flat-forest.ts'
export { sampleIndices, seededRandom } from './random.ts'
export { growIsolationForest, isolationScore } from './isolation-forest.ts'
export { contributions, reasonsOf, wordsOf } from './explain.ts'
export { learnModel } from './learning/baseline.ts'
export type { IsolationForestConfig } from './config.ts'
export {
  rollBackModel,
  storedVersions,
  withdrawModel,
  type StoredVersion,
} from './stored/model-versions.ts'
