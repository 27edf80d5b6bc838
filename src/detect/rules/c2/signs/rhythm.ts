/** How a rhythm is held against those who keep it. */
import { spanOf } from '../../state/wording.ts'
import type { Rhythm } from '../cadence.ts'
import type { Sign } from '../sign.ts'

/** Says how regular something is; null when it is not. */
export function rhythmSign(
  { medianGapUs, jitter, regularShare }: Rhythm,
  count: number,
  kind: 'beacon' | 'http' | 'dns',
  noun: string,
): Sign | null {
  const isStrict = jitter <= 0.1 && regularShare >= 0.7
  // Half of the interval as jitter is what the tools offer at most.
  if (!isStrict && !(jitter <= 0.3 && regularShare >= 0.4)) return null
  const text = `${count} ${noun}s, one each ${spanOf(medianGapUs)} ± ${Math.round(jitter * 100)} %`
  const weight = isStrict ? 0.5 : 0.3
  return { feature: `regular-${noun}s`, kind, aspect: 'timing', weight, value: count, baseline: null, text } // prettier-ignore
}
