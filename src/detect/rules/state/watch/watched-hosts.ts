/** Hosts under watch: judged each second, told of while they are attacked, let go when it is quiet. */
import type { Detection } from '../../../detection.ts'
import type { Emit, Memory } from '../../../detector.ts'
import type { Row } from '../tables/capped-table.ts'
import { FadingTable } from '../tables/fading-table.ts'
import type { Story } from '../story.ts'

/** A host without a sign for this long is watched no more, and its story is over. */
const QUIET_US = 30_000_000

/** Observations from which a host is judged between two ticks too, at each doubling. */
const JUDGED_FROM = 64

/** A host under watch, of whichever detector. */
export interface Watched extends Row {
  story: Story | null
  /** Observations of the story so far. */
  readonly count: number
  isAttacked(nowUs: number): boolean
  /** Begins a story: with whom and since when. */
  begin(nowUs: number): Story
  /** Begins the totals anew, so that a story does not hold the quiet hours before it. */
  restart(nowUs: number): void
  tell(story: Story, isFinal: boolean): Detection
}

/** Cost: nothing but a look-up while packets come; each host is judged once a second, and at `noted`'s doublings. */
export class WatchedHosts<Host extends Watched> implements Memory {
  readonly #emit: Emit
  readonly #table: FadingTable<Host>

  constructor(cap: number, emit: Emit) {
    this.#emit = emit
    this.#table = new FadingTable(cap, QUIET_US, (host) => this.#finish(host))
  }

  get size(): number {
    return this.#table.size
  }

  get forgotten(): number {
    return this.#table.forgotten
  }

  get(key: number): Host | undefined {
    return this.#table.get(key)
  }

  values(): Iterable<Host> {
    return this.#table.values()
  }

  watch(key: number, host: Host): Host {
    this.#table.set(key, host)
    return host
  }

  /**
   * Something was counted: at each doubling the host is judged at once, so that a burst of a few milliseconds is
   * told while it lasts. For hosts whose judgement needs no patience.
   */
  noted(host: Host, nowUs: number): void {
    const { count, story } = host
    if (story !== null || count < JUDGED_FROM || (count & (count - 1)) !== 0) return
    if (host.isAttacked(nowUs)) this.#goOn(host, nowUs)
  }

  tick(nowUs: number): void {
    for (const host of this.#table.values()) this.#judge(host, nowUs)
    this.#table.tick(nowUs)
  }

  /** The capture ends: what is still a sample a second later is judged as it stands. Others may still ask for a host. */
  end(nowUs: number): void {
    for (const host of this.#table.values()) {
      this.#judge(host, nowUs + 1_000_000)
      this.#finish(host)
    }
  }

  #judge(host: Host, nowUs: number): void {
    if (host.isAttacked(nowUs)) this.#goOn(host, nowUs)
    else this.#calm(host, nowUs)
  }

  #goOn(host: Host, nowUs: number): void {
    host.story ??= host.begin(nowUs)
    const { story, count } = host
    story.lastUs = host.lastUs
    if (!story.isDue(count, nowUs)) return
    story.told(count, nowUs)
    this.#emit(host.tell(story, false))
  }

  #calm(host: Host, nowUs: number): void {
    if (host.story !== null) {
      if (nowUs - host.story.lastUs < QUIET_US) return
      this.#finish(host)
      host.story = null
    }
    host.restart(nowUs)
  }

  #finish(host: Host): void {
    if (host.story?.wasTold === true) this.#emit(host.tell(host.story, true))
  }
}
