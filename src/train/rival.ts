/** The trivial rival: a box-plot rule on packet and connection rates. A model must beat it to be worth it. */
import { FEATURE_NAMES } from '../feature/index.ts'

const DURATION = FEATURE_NAMES.indexOf('duration')
const PACKETS = ['originatorPackets', 'responderPackets'].map((name) => FEATURE_NAMES.indexOf(name))
const RATES = ['originatorOpened10s', 'responderOpened10s'].map((name) =>
  FEATURE_NAMES.indexOf(name),
)

export type Rival = (row: Float64Array) => number

/**
 * Learns the quartiles of benign packet and connection rates; a flow's score is how many interquartile
 * ranges its worst rate lies above the third quartile (Tukey's fence is 1.5).
 */
export function boxPlotRival(benignRows: readonly Float64Array[]): Rival {
  const boxes = [
    packetRate,
    ...RATES.map((column) => (row: Float64Array) => Math.expm1(row[column]!)),
  ].map((measure) => {
    const sorted = Float64Array.from(benignRows, measure).sort()
    const quartile = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0
    const upper = quartile(0.75)
    return { measure, upper, range: Math.max(1e-9, upper - quartile(0.25)) }
  })
  return (row) =>
    Math.max(...boxes.map(({ measure, upper, range }) => (measure(row) - upper) / range))
}

/** Tukey's fence, in interquartile ranges above the third quartile. */
export const TUKEY_FENCE = 1.5

function packetRate(row: Float64Array): number {
  const packets = PACKETS.reduce((sum, column) => sum + Math.expm1(row[column]!), 0)
  return packets / (1 + Math.expm1(row[DURATION]!) / 1000)
}
