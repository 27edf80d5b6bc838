/** How the ceiling of a sensor's memory is divided: what its parts may take at most. */
import type { SensorConfig } from './config.ts'

/** Of the ceiling: the flow table, which lies outside the heap. */
const FLOW_TABLE_SHARE = 0.25
const BYTES_A_FLOW = 264
/** Of the ceiling: JavaScript's heap. V8 collects hard when it comes near, and ends the process beyond. */
const HEAP_SHARE = 0.6

/** The flows that a table of a sensor may hold: what is configured, if the ceiling has room for it. */
export function flowsWithin({ maxMemoryMegabytes }: SensorConfig, maxFlows: number): number {
  const room = Math.floor((maxMemoryMegabytes * 1e6 * FLOW_TABLE_SHARE) / BYTES_A_FLOW)
  return Math.min(maxFlows, room)
}

/** Node's options for a process that must not outgrow the ceiling, whatever it meets. */
export function heapOptions({ maxMemoryMegabytes }: SensorConfig): string[] {
  const mebibytes = Math.floor((maxMemoryMegabytes * 1e6 * HEAP_SHARE) / 2 ** 20)
  return [`--max-old-space-size=${mebibytes}`]
}
