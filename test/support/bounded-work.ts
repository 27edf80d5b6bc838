/** Work that a fault would make endless or many times as long: told without asserting by the clock. */
import { Script } from 'node:vm'

/** Of work that takes milliseconds also where a machine stands still for seconds; what never ends takes longer. */
const ENDLESS_MS = 15_000

/** Does the work, and ends it with an error where it would not end: a test's own time cannot end a loop. */
export function unlessEndless<Result>(work: () => Result): Result {
  const place = globalThis as { workThatMustEnd?: () => Result }
  place.workThatMustEnd = work
  try {
    const script = new Script('globalThis.workThatMustEnd()')
    return script.runInThisContext({ timeout: ENDLESS_MS }) as Result
  } finally {
    delete place.workThatMustEnd
  }
}

/** The least time that some rounds of the same work took, ms: a machine that stalls spoils some of them, not all. */
export async function leastMs(work: () => unknown, rounds = 10): Promise<number> {
  let least = Infinity
  for (let round = 0; round < rounds; round += 1) {
    const beganMs = performance.now()
    await work()
    least = Math.min(least, performance.now() - beganMs)
  }
  return least
}
