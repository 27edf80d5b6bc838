/** Compares what the firewall holds with what it should hold. */
import { entryKey, type FirewallEntry } from '../firewall.ts'

/** The kernel counts whole seconds from its own start, the record milliseconds of the wall clock. */
const TOLERANCE_SECONDS = 2
/** Half of what the kernel counts at most. Where the clock was set back a block may want more than that. */
const FAR_SECONDS = 1_073_741

export interface Difference {
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  /** There, but to be lifted at another time. */
  readonly mistimed: readonly string[]
}

/** Names the targets in which the two differ; remaining times may differ by two seconds, and by how long the reading took; those of more than twelve days as they like. */
export function difference(
  wanted: readonly FirewallEntry[],
  held: readonly FirewallEntry[],
  readingSeconds = 0,
): Difference {
  const tolerance = TOLERANCE_SECONDS + readingSeconds
  const heldByKey = new Map(held.map((entry) => [entryKey(entry), entry]))
  const missing: string[] = []
  const mistimed: string[] = []
  for (const entry of wanted) {
    const key = entryKey(entry)
    const other = heldByKey.get(key)
    heldByKey.delete(key)
    if (other === undefined) missing.push(entry.target)
    else if (!sameTime(entry.remainingSeconds, other.remainingSeconds, tolerance))
      mistimed.push(entry.target)
  }
  const surplus = [...heldByKey.values()].map(({ target }) => target)
  return { missing, surplus, mistimed }
}

/** Says whether there is any difference at all. */
export function differs({ missing, surplus, mistimed }: Difference): boolean {
  return missing.length + surplus.length + mistimed.length > 0
}

function sameTime(one: number | null, other: number | null, tolerance: number): boolean {
  if (one === null || other === null) return one === other
  if (Math.min(one, other) > FAR_SECONDS) return true
  return Math.abs(one - other) <= tolerance
}
