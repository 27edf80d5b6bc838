/** Waiting for something that can only be asked for: polls, with an end. */

/** Asks every `everyMs` until the answer is not null, and gives it; rejects after `withinMs`. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | null> | Answer | null,
  { withinMs = 15_000, everyMs = 100 } = {},
): Promise<Answer> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
