/** feature: from a flow and its hosts' recent past to an ordered vector of numbers. */
export {
  FEATURES,
  FEATURE_COUNT,
  FEATURE_NAMES,
  FEATURE_VERSION,
  readableValue,
  storedValue,
} from './features.ts'
export { Extractor } from './extract.ts'
export { hashKey } from './distinct-counter.ts'
