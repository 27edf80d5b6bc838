/** detect/sigma: rules in Sigma syntax, compiled and judged over flows and what applications say. */
export { CATEGORIES, type Category } from './fields/categories.ts'
export { type SigmaConfig } from './config.ts'
export { type Field, type FlowView } from './fields/field.ts'
export { backtestRules, type BacktestedRule, type Backtest } from './backtest.ts'
export { compileRules, rulesOf, type RuleBook, type RuleText } from './rule-book.ts'
export {
  folderState,
  readFolder,
  readRules,
  rulesFolder,
  SHIPPED_RULES,
  type ReadRules,
} from './rule-folder.ts'
export { type CorrelationRule, type DetectionRule, type Level, type RuleHead } from './rule.ts'
export { SigmaDetector } from './sigma-detector.ts'
export { type RuleFault } from './source/fault.ts'
export { type Placeholders } from './source/values/placeholders.ts'
