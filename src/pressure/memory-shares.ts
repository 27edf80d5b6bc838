/** How the ceiling of a sensor's memory is divided: what its parts may take at most. */
import type { SensorConfig } from './config.ts'

/** Of the ceiling: the flow table, which lies outside the heap. */
const FLOW_TABLE_SHARE = 0.25
const BYTES_A_FLOW = 264
/** Of the ceiling: JavaScript's heap. V8 collects hard when it comes near, and ends the process beyond. */
const HEAP_SHARE = 0.6
/**
 * Half of V8's default, for each half of the young generation; what a packet leaves behind is dead long before it is
 * full. Measured on 1.2 M packets: 251 → 225 MB, at the same cost of the processor (7.5 s).
 */
const SEMI_SPACE_MEBIBYTES = 8

/** The flows that a table of a sensor may hold: what is configured, if the ceiling has room for it. */
export function flowsWithin({ maxMemoryMegabytes }: SensorConfig, maxFlows: number): number {
  const room = Math.floor((maxMemoryMegabytes * 1e6 * FLOW_TABLE_SHARE) / BYTES_A_FLOW)
  return Math.min(maxFlows, room)
}

/** Node's options for a process that must not outgrow the ceiling, whatever it meets. */
export function heapOptions({ maxMemoryMegabytes }: SensorConfig): string[] {
  const mebibytes = Math.floor((maxMemoryMegabytes * 1e6 * HEAP_SHARE) / 2 ** 20)
  return [`--max-old-space-size=${mebibytes}`, `--max-semi-space-size=${SEMI_SPACE_MEBIBYTES}`]
}
