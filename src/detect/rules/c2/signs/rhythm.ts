/** How a rhythm is held against those who keep it. */
import { spanOf } from '../../state/wording.ts'
import type { Rhythm } from '../cadence.ts'
import type { Sign } from '../suspicion/sign.ts'

/** So many gaps must lie within bounds before the bounds are believed, and nearly all of them. */
const MIN_BOUNDED_GAPS = 24
const MIN_BOUNDED_SHARE = 0.95

/** Of gaps drawn by lot, however wide, the longest of sixty is six times the median; a pause is more. */
const LONGEST_FACTOR = 12
/** Closer than this is one program at work on something. */
const SHORTEST_UNBROKEN_US = 1_000_000

/** Says how regular something is; null when it is not. */
export function rhythmSign(
  { medianGapUs, jitter, regularShare, boundedShare, gaps }: Rhythm,
  count: number,
  kind: 'beacon' | 'http' | 'dns',
  noun: string,
): Sign | null {
  const isStrict = jitter <= 0.1 && regularShare >= 0.7
  const isBounded = areBounded(gaps, boundedShare)
  if (!isStrict && !isKept(jitter, regularShare, isBounded)) return null
  const bounds = isBounded && !isStrict ? ', never far from it' : ''
  const text = `${count} ${noun}s, one each ${spanOf(medianGapUs)} ± ${Math.round(jitter * 100)} %${bounds}`
  const weight = isStrict ? 0.5 : isBounded ? 0.45 : 0.3
  return { feature: `regular-${noun}s`, kind, aspect: 'timing', weight, value: count, baseline: null, text } // prettier-ignore
}

/** Something keeps an interval at all: an accidental median is none. */
export function keepsInterval({ jitter, regularShare, boundedShare, gaps }: Rhythm): boolean {
  return isKept(jitter, regularShare, areBounded(gaps, boundedShare))
}

// Half of the interval as jitter is what the tools offer at most.
function isKept(jitter: number, regularShare: number, isBounded: boolean): boolean {
  return jitter <= 0.3 && (regularShare >= 0.4 || isBounded)
}

function areBounded(gaps: number, boundedShare: number): boolean {
  return gaps >= MIN_BOUNDED_GAPS && boundedShare >= MIN_BOUNDED_SHARE
}

/**
 * Says that something goes on and on, if in no rhythm: gaps drawn by lot without bounds.
 *
 * It weighs what makes an alert only beside a far end without a name: people's programs call as irregularly.
 */
export function unbrokenSign(
  { medianGapUs, longestFactor }: Rhythm,
  count: number,
  least: number,
): Sign | null {
  if (count < least || longestFactor > LONGEST_FACTOR || medianGapUs < SHORTEST_UNBROKEN_US) return null // prettier-ignore
  const text = `${count} connections, whenever it suits and never with a pause longer than ${spanOf(medianGapUs * longestFactor)}`
  return { feature: 'unbroken-connections', kind: 'beacon', aspect: 'timing', weight: 0.24, value: count, baseline: least, text } // prettier-ignore
}
