/** Decide: detections in, decisions and folded events out. */
export { alert, decide, isKindOf, policyFromConfig, type Policy } from './decide.ts'
export { BlockBudget } from './block-budget.ts'
export type { Decision, Verdict } from './decision.ts'
export { EventFolder, type EventFolderOptions, type FoldedEvent } from './event-folder.ts'
