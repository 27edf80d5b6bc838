/** What each host did lately: flows opened, distinct ports and peers, failures, in bounded memory. */
import { DistinctCounters, distinctEstimate, hashKey } from './distinct-counter.ts'

const WAYS = 8
const NO_HOST = -1

export interface HostWindowsOptions {
  /** The shorter window. */
  readonly nearUs: number
  /** The longer one, which also tells failures and decides who is forgotten. */
  readonly wideUs: number
  /** Hosts remembered at a time; rounded up to a power of two. */
  readonly capacity: number
  readonly seed: number
}

/** What `read` found of one window. */
export interface WindowReading {
  opened: number
  ports: number
  peers: number
}

/** A host's counts, one cache line: the present window of each length, and the one before it. */
const COUNTS = 16
const NEAR = 0
const WIDE = 8
/** Within a window's counts. */
const Count = { OPENED: 0, ANSWERED: 1, PORTS: 2, PEERS: 3 } as const
/** From a window's counts to those of the window before. */
const PREVIOUS = 4
/** Answers are counted in the wide window only: the near one has its number there. */
const NEAR_NUMBER = NEAR + Count.ANSWERED

/** A host's sketches: ports and peers of each window. */
const SKETCHES = 4
const NEAR_SKETCH = 0
const WIDE_SKETCH = 2

/**
 * Two lengths of tumbling window a host, the present one and the one before, in an 8-way set-associative table.
 *
 * A reading is the busier of the window the flow opened in and the one before it, so that a burst is not
 * cut in half by a window's edge. When a bucket is full the host that opened least goes: a spoofed flood
 * pushes out its own one-flow hosts, not the busy ones; each eviction is counted.
 *
 * Cost: 208 bytes a host; a call looks at one bucket of 8 keys and the host's own row, no allocation.
 */
export class HostWindows {
  /** Filled by `read`. */
  readonly near: WindowReading = { opened: 0, ports: 0, peers: 0 }
  readonly wide: WindowReading = { opened: 0, ports: 0, peers: 0 }
  /** Share of the wide window's openings that stayed unanswered or were refused, 0–1; filled by `read`. */
  failedShare = 0

  readonly #nearUs: number
  readonly #wideUs: number
  readonly #bucketMask: number
  readonly #seed: number
  /** By slot, so that a bucket's are side by side: the host, its wide window's number, what it opened of late. */
  readonly #keys: Float64Array
  readonly #wideNumbers: Int32Array
  readonly #lately: Uint32Array
  readonly #counts: Uint32Array
  readonly #sketches: DistinctCounters
  #evictions = 0

  constructor({ nearUs, wideUs, capacity, seed }: HostWindowsOptions) {
    const slots = Math.max(WAYS, 2 ** Math.ceil(Math.log2(capacity)))
    this.#nearUs = nearUs
    this.#wideUs = wideUs
    this.#bucketMask = slots / WAYS - 1
    this.#seed = seed | 0
    this.#keys = new Float64Array(slots).fill(NO_HOST)
    this.#wideNumbers = new Int32Array(slots)
    this.#lately = new Uint32Array(slots)
    this.#counts = new Uint32Array(slots * COUNTS)
    this.#sketches = new DistinctCounters(slots * SKETCHES)
  }

  /** Hosts pushed out, while their windows still counted, because their bucket was full. */
  get evictions(): number {
    return this.#evictions
  }

  /** Counts a flow opened by or to `host`; the hashes stand for its port and its peer. */
  open(host: number, timeUs: number, portHash: number, peerHash: number): void {
    const near = Math.floor(timeUs / this.#nearUs)
    const wide = Math.floor(timeUs / this.#wideUs)
    let slot = this.#find(host)
    if (slot < 0) {
      slot = this.#claim(host, near, wide)
    } else {
      this.#advanceNear(slot, near)
      this.#advanceWide(slot, wide)
    }
    this.#lately[slot]! += 1
    this.#count(slot, NEAR, NEAR_SKETCH, portHash, peerHash)
    this.#count(slot, WIDE, WIDE_SKETCH, portHash, peerHash)
  }

  /** Counts that a flow opened at `openedUs` was answered, by more than a refusal. */
  answer(host: number, openedUs: number): void {
    const slot = this.#find(host)
    if (slot < 0) return
    const age = this.#wideNumbers[slot]! - Math.floor(openedUs / this.#wideUs)
    if (age > 1) return
    const at = slot * COUNTS + WIDE + (age > 0 ? PREVIOUS : 0)
    const answered = this.#counts[at + Count.ANSWERED]!
    if (answered < this.#counts[at]!) this.#counts[at + Count.ANSWERED] = answered + 1
  }

  /** Reads what `host` did around `openedUs` into the fields; all 0 for a host not remembered. */
  read(host: number, openedUs: number): void {
    this.failedShare = 0
    const slot = this.#find(host)
    if (slot < 0) {
      clear(this.near)
      clear(this.wide)
      return
    }
    const row = slot * COUNTS
    const nearAge = this.#counts[row + NEAR_NUMBER]! - Math.floor(openedUs / this.#nearUs)
    this.#readInto(this.near, this.#busier(row + NEAR, nearAge))
    const wideAge = this.#wideNumbers[slot]! - Math.floor(openedUs / this.#wideUs)
    const at = this.#busier(row + WIDE, wideAge)
    this.#readInto(this.wide, at)
    const opened = this.#counts[at]!
    if (opened > 0) this.failedShare = 1 - this.#counts[at + Count.ANSWERED]! / opened
  }

  /** Older than both windows (a long flow of a busy host): the oldest window still known. */
  #busier(present: number, age: number): number {
    const previous = present + PREVIOUS
    return age > 0 || this.#counts[previous]! > this.#counts[present]! ? previous : present
  }

  #readInto(reading: WindowReading, at: number): void {
    reading.opened = this.#counts[at]!
    reading.ports = distinctEstimate(this.#counts[at + Count.PORTS]!)
    reading.peers = distinctEstimate(this.#counts[at + Count.PEERS]!)
  }

  #count(slot: number, window: number, sketch: number, portHash: number, peerHash: number): void {
    const at = slot * COUNTS + window
    const sketches = slot * SKETCHES + sketch
    this.#counts[at]! += 1
    this.#counts[at + Count.PORTS]! += this.#sketches.add(sketches, portHash)
    this.#counts[at + Count.PEERS]! += this.#sketches.add(sketches + 1, peerHash)
  }

  #find(host: number): number {
    const keys = this.#keys
    const bucket = (hashKey(host, this.#seed) & this.#bucketMask) * WAYS
    for (let slot = bucket; slot < bucket + WAYS; slot += 1) {
      if (keys[slot] === host) return slot
    }
    return -1
  }

  #claim(host: number, near: number, wide: number): number {
    const bucket = (hashKey(host, this.#seed) & this.#bucketMask) * WAYS
    let victim = bucket
    let leastWorth = Infinity
    for (let slot = bucket; slot < bucket + WAYS && leastWorth > 0; slot += 1) {
      const worth = this.#worth(slot, wide)
      if (worth >= leastWorth) continue
      leastWorth = worth
      victim = slot
    }
    if (leastWorth > 0) this.#evictions += 1
    this.#keys[victim] = host
    this.#wideNumbers[victim] = wide
    this.#lately[victim] = 0
    const row = victim * COUNTS
    for (let index = row; index < row + COUNTS; index += 1) this.#counts[index] = 0
    this.#counts[row + NEAR_NUMBER] = near
    for (let index = 0; index < SKETCHES; index += 1) {
      this.#sketches.clear(victim * SKETCHES + index)
    }
    return victim
  }

  /** -1 for an empty slot, 0 for a host whose windows are over, else the flows it opened. */
  #worth(slot: number, wide: number): number {
    if (this.#keys[slot] === NO_HOST) return -1
    return wide - this.#wideNumbers[slot]! > 2 ? 0 : this.#lately[slot]!
  }

  #advanceNear(slot: number, window: number): void {
    const row = slot * COUNTS
    const present = this.#counts[row + NEAR_NUMBER]!
    if (!isOver(present, window)) return
    this.#turn(row + NEAR, window - present === 1)
    this.#counts[row + NEAR_NUMBER] = window
    this.#sketches.clear(slot * SKETCHES + NEAR_SKETCH)
    this.#sketches.clear(slot * SKETCHES + NEAR_SKETCH + 1)
  }

  #advanceWide(slot: number, window: number): void {
    const present = this.#wideNumbers[slot]!
    if (!isOver(present, window)) return
    const at = slot * COUNTS + WIDE
    this.#turn(at, window - present === 1)
    this.#wideNumbers[slot] = window
    this.#lately[slot] = this.#counts[at + PREVIOUS]!
    this.#sketches.clear(slot * SKETCHES + WIDE_SKETCH)
    this.#sketches.clear(slot * SKETCHES + WIDE_SKETCH + 1)
  }

  #turn(at: number, isNext: boolean): void {
    for (let index = at; index < at + PREVIOUS; index += 1) {
      this.#counts[index + PREVIOUS] = isNext ? this.#counts[index]! : 0
      this.#counts[index] = 0
    }
  }
}

/** A clock that jumped far back (spliced captures) begins anew, or the host would never age again. */
function isOver(present: number, window: number): boolean {
  return window > present || present - window > 8
}

function clear(reading: WindowReading): void {
  reading.opened = reading.ports = reading.peers = 0
}
