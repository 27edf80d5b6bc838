/** Adds up the time that a thread stands still for garbage collection. */
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'

export class GcWatch {
  #milliseconds = 0
  #observer = new PerformanceObserver((list) => this.#add(list.getEntries()))

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  #add(entries) {
    for (const { duration } of entries) this.#milliseconds += duration
  }

  /** Seconds since the start, but for pauses of this very turn, of which the observer hears a turn later. */
  secondsSoFar() {
    this.#add(this.#observer.takeRecords())
    return this.#milliseconds / 1000
  }

  /** Seconds since the start. */
  async seconds() {
    await nextTurn()
    await nextTurn()
    return this.secondsSoFar()
  }
}
