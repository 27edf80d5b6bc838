/** How long to wait before a sink is tried again. */

const FIRST_MS = 250
const LAST_MS = 15_000
/** A server that asks for more than this is asked again nevertheless. */
const LONGEST_ASKED_MS = 300_000

/**
 * Doubles up to 15 s; the jitter keeps a fleet from knocking all at once when its SIEM comes back.
 *
 * `askedMs`: what the sink itself asked for, null when it did not.
 */
export function backOffMs(failures: number, askedMs: number | null): number {
  if (askedMs !== null) return Math.min(LONGEST_ASKED_MS, Math.max(FIRST_MS, askedMs))
  const longest = Math.min(LAST_MS, FIRST_MS * 2 ** (failures - 1))
  return longest * (0.5 + Math.random() / 2)
}
