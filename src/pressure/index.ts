/** pressure: what a sensor may use of the host, and what it leaves undone, in which order, to stay within it. */
export { LoadGovernor, type LoadReading, type LoadState } from './load-governor.ts'
export { LoadMeter } from './load-meter.ts'
export { flowsWithin, heapOptions } from './memory-shares.ts'
export { SHED_LEVELS, ShedLevel, type ShedLevelName, type Skipped } from './shed-levels.ts'
export { Shedder } from './shedder.ts'
export type { SensorConfig } from './config.ts'
