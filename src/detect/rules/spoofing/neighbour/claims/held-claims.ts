/**
 * Answers whose question has not come yet, kept for a moment.
 *
 * Mirrored ports and merged captures show what came within milliseconds of each other in either order; an answer
 * that stands before its question was asked for all the same.
 */
import { Packet } from '../../../../../decode/packet.ts'
import { Claim } from './claim.ts'

/** Questions later than this were asked after the answer. */
const PATIENCE_US = 20_000
const MOST_HELD = 64

export interface HeldClaim {
  readonly claim: Claim
  readonly packet: Packet
}

export class HeldClaims {
  readonly #held: HeldClaim[] = []

  get size(): number {
    return this.#held.length
  }

  /** Keeps a copy; false where there are too many, as under a flood of answers. */
  hold(claim: Claim, packet: Packet): boolean {
    if (this.#held.length >= MOST_HELD) return false
    const target = claim.target.slice()
    this.#held.push({
      claim: Object.assign(new Claim(), claim, { target }),
      packet: Object.assign(new Packet(), packet),
    })
    return true
  }

  /** Hands out the next whose question is no longer waited for. */
  takeDue(nowUs: number): HeldClaim | null {
    const next = this.#held[0]
    // A clock that jumped back waits for nothing.
    if (next === undefined || Math.abs(nowUs - next.claim.nowUs) < PATIENCE_US) return null
    return this.#held.shift()!
  }
}
