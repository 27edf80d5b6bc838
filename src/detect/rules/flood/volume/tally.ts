/** How much comes to a host, from how many and from whom: what every flood is judged and told by. */
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { Story } from '../../state/story.ts'
import { Majority } from '../../state/watch/majority.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'

const PACKETS = 0
const FIELDS = 1

/** Up to so many sources are a few that can be told apart; one that sends half of it all is named. */
const FEW_SOURCES = 8
const HALF = 0.5
/** Among many sources one is named only where it sends nearly all. */
const NEARLY_ALL = 0.8

export class Tally {
  count = 0
  lastUs = 0
  sources = new DistinctCount()
  readonly #window = new SlidingCounts(FIELDS)
  readonly #leader = new Majority()

  /** Cost: a few array accesses, no allocation; `nameOf` is asked of what was seen when another source takes the lead. */
  add<Seen>(source: number, nowUs: number, seen: Seen, nameOf: (seen: Seen) => string): void {
    this.count += 1
    if (nowUs > this.lastUs) this.lastUs = nowUs
    this.sources.add(source)
    this.#leader.add(source, seen, nameOf)
    this.#window.add(PACKETS, 1, nowUs)
  }

  /** Of the last ten seconds. */
  recent(nowUs: number): number {
    return this.#window.sum(PACKETS, nowUs)
  }

  /** The most of one of the last ten seconds. */
  peak(nowUs: number): number {
    return this.#window.peak(PACKETS, nowUs)
  }

  /** A sketch may be a few per cent off; more sources than packets there cannot be. */
  get distinctSources(): number {
    return Math.min(this.sources.value, this.count)
  }

  /** Who sends it, or null: forged, or many. */
  attacker(): string | null {
    const share = this.sources.value <= FEW_SOURCES ? HALF : NEARLY_ALL
    return this.#leader.holder(this.count, share)
  }

  begin(nowUs: number): Story {
    return new Story(Math.min(this.#window.startUs(nowUs), this.lastUs), this.lastUs)
  }

  /** Begins anew once nothing has come for ten seconds. */
  restart(nowUs: number): boolean {
    if (this.recent(nowUs) > 0) return false
    this.beginAnew()
    return true
  }

  beginAnew(): void {
    this.count = 0
    this.sources = new DistinctCount()
    this.#leader.restart()
  }
}

/** Names who is never named. */
export const nobody = (): string => ''
