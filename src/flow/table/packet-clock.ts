/**
 * The table's own clock: driven by packet time, but it never runs backwards.
 *
 * Replayed captures follow each other in any order and hosts step their clocks. A small step back is
 * reordering, and time stands still for it; a large one begins a new timeline that goes on from the old.
 */

const REORDERING_US = 60e6
/** Longer than any timeout: a jump of years ages flows no more than this does, and keeps doubles exact. */
const LONGEST_STEP_US = 2 * 86_400e6

const NOW = 0
const HIGHEST = 1

export class PacketClock {
  /** In a typed array, since a number that is not a small integer is boxed anew when it is handed on. */
  readonly #times = Float64Array.of(0, Number.NaN)
  #steps = 0

  /** Time elapsed since the first packet, in µs; never falls. */
  get nowUs(): number {
    return this.#times[NOW]!
  }

  /** How often packet time jumped back by more than reordering explains. */
  get steps(): number {
    return this.#steps
  }

  /** Takes note of the time of what was seen. */
  observe(seen: { readonly timestampUs: number }): void {
    const times = this.#times
    const step = seen.timestampUs - times[HIGHEST]!
    if (step > 0) {
      times[NOW]! += step < LONGEST_STEP_US ? step : LONGEST_STEP_US
      times[HIGHEST] = seen.timestampUs
    } else if (!(step >= -REORDERING_US)) {
      // The first packet of all comes here too: NaN compares false.
      if (step < 0) this.#steps += 1
      times[HIGHEST] = seen.timestampUs
    }
  }
}
