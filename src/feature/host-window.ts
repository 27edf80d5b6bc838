/** What each host did lately: flows opened, distinct ports and peers, failures, in bounded memory. */
import { DistinctCounters, distinctEstimate, hashKey } from './distinct-counter.ts'

const WAYS = 8
const NO_HOST = -1

export interface HostWindowOptions {
  readonly windowUs: number
  /** Hosts remembered at a time; rounded up to a power of two. */
  readonly capacity: number
  readonly seed: number
}

/**
 * Two tumbling windows a host, the present one and the one before, in an 8-way set-associative table.
 *
 * A reading is the busier of the window the flow opened in and the one before it, so that a burst is not
 * cut in half by a window's edge. When a bucket is full the host that opened least goes: a spoofed flood
 * pushes out its own one-flow hosts, not the busy ones; each eviction is counted.
 *
 * Cost: 120 bytes a host; one bucket of 8 keys looked at per call, no allocation.
 */
export class HostWindow {
  /** Filled by `read`. */
  opened = 0
  ports = 0
  peers = 0
  /** Share of openings that stayed unanswered or were refused, 0–1. */
  failedShare = 0

  readonly #windowUs: number
  readonly #bucketMask: number
  readonly #seed: number
  readonly #keys: Float64Array
  /** Number of the present window since the epoch. */
  readonly #window: Float64Array
  /** Per host and window (present first): opened, answered, port bits, peer bits. */
  readonly #counts: Uint32Array
  readonly #ports: DistinctCounters
  readonly #peers: DistinctCounters
  #evictions = 0

  constructor(options: HostWindowOptions) {
    const slots = Math.max(WAYS, 2 ** Math.ceil(Math.log2(options.capacity)))
    this.#windowUs = options.windowUs
    this.#bucketMask = slots / WAYS - 1
    this.#seed = options.seed | 0
    this.#keys = new Float64Array(slots).fill(NO_HOST)
    this.#window = new Float64Array(slots)
    this.#counts = new Uint32Array(slots * 8)
    this.#ports = new DistinctCounters(slots)
    this.#peers = new DistinctCounters(slots)
  }

  /** Hosts pushed out, while their windows still counted, because their bucket was full. */
  get evictions(): number {
    return this.#evictions
  }

  /** Counts a flow opened by or to `host`; the hashes stand for its port and its peer. */
  open(host: number, timeUs: number, portHash: number, peerHash: number): void {
    const window = Math.floor(timeUs / this.#windowUs)
    let slot = this.#find(host)
    if (slot < 0) slot = this.#claim(host, window)
    else if (this.#isOver(slot, window)) this.#advance(slot, window)
    const at = slot * 8
    this.#counts[at] = this.#counts[at]! + 1
    this.#counts[at + 2] = this.#counts[at + 2]! + this.#ports.add(slot, portHash)
    this.#counts[at + 3] = this.#counts[at + 3]! + this.#peers.add(slot, peerHash)
  }

  /** Counts that a flow opened at `openedUs` was answered, by more than a refusal. */
  answer(host: number, openedUs: number): void {
    const slot = this.#find(host)
    if (slot < 0) return
    const age = this.#window[slot]! - Math.floor(openedUs / this.#windowUs)
    const at = slot * 8 + (age > 0 ? 5 : 1)
    if (age <= 1 && this.#counts[at]! < this.#counts[at - 1]!)
      this.#counts[at] = this.#counts[at]! + 1
  }

  /** Reads what `host` did around `openedUs` into the fields; all 0 for a host not remembered. */
  read(host: number, openedUs: number): void {
    this.opened = this.ports = this.peers = this.failedShare = 0
    const slot = this.#find(host)
    if (slot < 0) return
    const age = this.#window[slot]! - Math.floor(openedUs / this.#windowUs)
    // Older than both windows (a long flow of a busy host): the oldest window still known.
    const isRecent = age <= 0
    const present = slot * 8
    const previous = present + 4
    const usesPrevious = !isRecent || this.#counts[previous]! > this.#counts[present]!
    const at = usesPrevious ? previous : present
    const opened = this.#counts[at]!
    if (opened === 0) return
    this.opened = opened
    this.ports = distinctEstimate(this.#counts[at + 2]!)
    this.peers = distinctEstimate(this.#counts[at + 3]!)
    this.failedShare = 1 - this.#counts[at + 1]! / opened
  }

  #bucketOf(host: number): number {
    return (hashKey(host, this.#seed) & this.#bucketMask) * WAYS
  }

  #find(host: number): number {
    const bucket = this.#bucketOf(host)
    for (let slot = bucket; slot < bucket + WAYS; slot += 1) {
      if (this.#keys[slot] === host) return slot
    }
    return -1
  }

  #claim(host: number, window: number): number {
    const bucket = this.#bucketOf(host)
    let victim = bucket
    let leastWorth = Infinity
    for (let slot = bucket; slot < bucket + WAYS; slot += 1) {
      const worth = this.#worth(slot, window)
      if (worth < leastWorth) {
        leastWorth = worth
        victim = slot
      }
    }
    if (leastWorth > 0) this.#evictions += 1
    this.#keys[victim] = host
    this.#window[victim] = window
    this.#counts.fill(0, victim * 8, victim * 8 + 8)
    this.#ports.clear(victim)
    this.#peers.clear(victim)
    return victim
  }

  /** -1 for an empty slot, 0 for a host whose windows are over, else the flows it opened. */
  #worth(slot: number, window: number): number {
    if (this.#keys[slot] === NO_HOST) return -1
    if (window - this.#window[slot]! > 2) return 0
    return this.#counts[slot * 8]! + this.#counts[slot * 8 + 4]!
  }

  /** A clock that jumped far back (spliced captures) begins anew, or the host would never age again. */
  #isOver(slot: number, window: number): boolean {
    const present = this.#window[slot]!
    return window > present || present - window > 8
  }

  #advance(slot: number, window: number): void {
    const at = slot * 8
    const isNext = window - this.#window[slot]! === 1
    for (let index = at; index < at + 4; index += 1) {
      this.#counts[index + 4] = isNext ? this.#counts[index]! : 0
      this.#counts[index] = 0
    }
    this.#window[slot] = window
    this.#ports.clear(slot)
    this.#peers.clear(slot)
  }
}
