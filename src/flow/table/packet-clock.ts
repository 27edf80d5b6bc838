/**
 * The table's own clock: driven by packet time, but it never runs backwards.
 *
 * Replayed captures follow each other in any order and hosts step their clocks. A small step back is
 * reordering, and time stands still for it; a large one begins a new timeline that goes on from the old.
 */

const REORDERING_US = 60e6
/** Longer than any timeout: a jump of years ages flows no more than this does, and keeps doubles exact. */
const LONGEST_STEP_US = 2 * 86_400e6

export class PacketClock {
  #nowUs = 0
  #highestUs = Number.NaN
  #steps = 0

  /** Time elapsed since the first packet, in µs; never falls. */
  get nowUs(): number {
    return this.#nowUs
  }

  /** How often packet time jumped back by more than reordering explains. */
  get steps(): number {
    return this.#steps
  }

  /** Takes note of a packet's time and returns the clock's. */
  observe(timestampUs: number): number {
    const step = timestampUs - this.#highestUs
    if (step > 0) {
      this.#nowUs += step < LONGEST_STEP_US ? step : LONGEST_STEP_US
      this.#highestUs = timestampUs
    } else if (!(step >= -REORDERING_US)) {
      // The first packet of all comes here too: NaN compares false.
      if (step < 0) this.#steps += 1
      this.#highestUs = timestampUs
    }
    return this.#nowUs
  }
}
