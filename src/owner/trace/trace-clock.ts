/** The trace buffers' clock against the wall clock, by which packets are stamped. */

/** Between two readings lies an instant, unless another process had the processor meanwhile. */
const TRIES = 5
const CLOSE_NS = 100_000

export interface TraceTime {
  /** Now, in ns of CLOCK_MONOTONIC, which the buffers are set to. */
  readonly nowNs: number
  /** To be added to its µs to get µs since the epoch. */
  readonly offsetUs: number
}

/**
 * Reads both clocks as closely together as it can.
 *
 * On a busy machine seconds may pass between two lines of a program; an offset that is wrong by them would
 * put connections beside their flows.
 */
export function readTraceTime(): TraceTime {
  let best = { nowNs: 0, offsetUs: 0, gapNs: Infinity }
  const startNs = monotonicNs()
  for (let tries = 0; tries < TRIES && best.gapNs > CLOSE_NS; tries += 1) {
    const beforeNs = monotonicNs()
    const wallUs = Date.now() * 1000
    const gapNs = monotonicNs() - beforeNs
    if (gapNs >= best.gapNs) continue
    best = { nowNs: startNs, offsetUs: wallUs - beforeNs / 1000, gapNs }
  }
  return { nowNs: best.nowNs, offsetUs: best.offsetUs }
}

const monotonicNs = (): number => Number(process.hrtime.bigint())
