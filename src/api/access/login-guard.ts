/** Slows down who guesses at tokens, and tells of it: refused logins, counted for each peer. */
import type { Clock } from '../../core/clock.ts'
import { uuidv7 } from '../../core/uuid.ts'
import { parseAddress } from '../../net/address.ts'

const WINDOW_MS = 60_000
/** Peers that are watched at once; beyond it the one seen first goes. */
const MAX_PEERS = 4096

/** A peer that fails to log in, as it is told of. */
export interface LoginAttack {
  /** UUIDv7 of the story; the same each time it is told. */
  readonly id: string
  readonly address: string
  /** Where it came to; null where that is not known. */
  readonly localAddress: string | null
  readonly localPort: number | null
  /** Since the first of the story. */
  readonly failures: number
  readonly firstMs: number
  readonly lastMs: number
}

interface Watched {
  readonly id: string
  windowStartMs: number
  inWindow: number
  /** Of the whole story; it ends with a window without a failure. */
  failures: number
  firstMs: number
  lastMs: number
  tellAt: number
}

export interface LoginGuardOptions {
  /** Refused logins of one peer in a minute, after which it has to wait. */
  readonly perMinute: number
  readonly clock: Clock
  /** Told when a peer passes the limit, and each time its failures have doubled since. */
  onAttack(attack: LoginAttack): void
}

/**
 * Counts refused logins by peer (an IPv6 peer is its /64) in windows of a minute.
 *
 * A good token is served even while its peer must wait: peers behind one proxy share an address, and whoever guesses
 * there must not lock out the playbook. Guessing gains nothing by it: a secret has 256 bits.
 */
export class LoginGuard {
  readonly #options: LoginGuardOptions
  readonly #peers = new Map<string, Watched>()

  constructor(options: LoginGuardOptions) {
    this.#options = options
  }

  /** Counts a failure; gives the seconds that the peer has to wait before its next try, 0 for none. */
  failed(address: string | null, local: { address: string | null; port: number | null }): number {
    const nowMs = this.#options.clock.nowMs()
    const watched = this.#watched(peerOf(address), nowMs)
    watched.inWindow += 1
    watched.failures += 1
    watched.lastMs = nowMs
    if (address !== null && watched.failures >= watched.tellAt) {
      watched.tellAt *= 2
      const { id, failures, firstMs, lastMs } = watched
      const where = { localAddress: local.address, localPort: local.port }
      this.#options.onAttack({ id, address, ...where, failures, firstMs, lastMs })
    }
    if (watched.inWindow <= this.#options.perMinute) return 0
    return Math.max(1, Math.ceil((watched.windowStartMs + WINDOW_MS - nowMs) / 1000))
  }

  #watched(peer: string, nowMs: number): Watched {
    const known = this.#peers.get(peer)
    if (known !== undefined && nowMs - known.windowStartMs < WINDOW_MS) {
      // Where the clock was set back the minute begins now.
      known.windowStartMs = Math.min(known.windowStartMs, nowMs)
      return known
    }
    const isSameStory = known !== undefined && nowMs - known.lastMs < 2 * WINDOW_MS
    const watched = isSameStory ? known : this.#fresh(nowMs)
    watched.windowStartMs = nowMs
    watched.inWindow = 0
    this.#peers.delete(peer)
    if (this.#peers.size >= MAX_PEERS) this.#peers.delete(this.#peers.keys().next().value!)
    this.#peers.set(peer, watched)
    return watched
  }

  #fresh(nowMs: number): Watched {
    const { perMinute } = this.#options
    const none = { windowStartMs: nowMs, inWindow: 0, failures: 0 }
    return { id: uuidv7(nowMs), ...none, firstMs: nowMs, lastMs: nowMs, tellAt: perMinute }
  }
}

/** Who owns one address of an IPv6 /64 mostly owns all of them. */
function peerOf(address: string | null): string {
  if (address === null) return 'unknown'
  if (!address.includes(':')) return address
  const words = parseAddress(address)?.words
  return words === undefined ? address : `${words[0]}:${words[1]}`
}
