/** Who bears which address on the link, as far as it was said: the memory behind ARP and ND spoofing. */
import type { Row } from '../../state/tables/capped-table.ts'
import { isVirtual } from './mac.ts'

/** Two cards that claim one address within this time claim it at once; a lease handed on is older. */
const CONTEST_US = 600e6
/** Two answers so close answer one question. */
const RACE_US = 1e6
/** Within this time an address that goes to and fro is a quarrel, not a machine that moves. */
const QUARREL_US = 60e6
const MOST_BEARERS = 4

interface Bearer {
  readonly mac: number
  lastUs: number
  answeredUs: number
}

/** One address of the link. */
export class Bearers implements Row {
  readonly text: string
  readonly firstUs: number
  lastUs: number
  /** Who spoke last. */
  lastMac = 0
  /** How often the address went to the other card and back within a minute. */
  turns = 0
  #turnsSinceUs = 0
  readonly #bearers: Bearer[] = []

  constructor(text: string, nowUs: number) {
    this.text = text
    this.firstUs = nowUs
    this.lastUs = nowUs
  }

  get isHeard(): boolean {
    return this.#bearers.length > 0
  }

  get macs(): number[] {
    return this.#bearers.map(({ mac }) => mac)
  }

  bears(mac: number): boolean {
    return this.#bearers.some((bearer) => bearer.mac === mac)
  }

  /** Another real card that claimed the address of late; 0 when there is none. */
  rivalOf(mac: number, nowUs: number): number {
    let rival: Bearer | null = null
    for (const bearer of this.#bearers) {
      if (bearer.mac === mac || nowUs - bearer.lastUs > CONTEST_US || isVirtual(bearer.mac))
        continue
      if (rival === null || bearer.lastUs > rival.lastUs) rival = bearer
    }
    return rival?.mac ?? 0
  }

  /** Says whether another card has just answered as well. */
  isRaced(mac: number, nowUs: number): boolean {
    return this.#bearers.some(
      (bearer) => bearer.mac !== mac && Math.abs(nowUs - bearer.answeredUs) <= RACE_US,
    )
  }

  /** Notes a claim; of more than four cards the one silent longest is forgotten. */
  note(mac: number, isAnswer: boolean, nowUs: number): void {
    this.lastUs = Math.max(this.lastUs, nowUs)
    if (this.lastMac !== 0 && this.lastMac !== mac) this.#turn(nowUs)
    this.lastMac = mac
    const known = this.#bearers.find((bearer) => bearer.mac === mac)
    if (known !== undefined) {
      known.lastUs = nowUs
      if (isAnswer) known.answeredUs = nowUs
      return
    }
    if (this.#bearers.length >= MOST_BEARERS) this.#forgetOldest()
    this.#bearers.push({ mac, lastUs: nowUs, answeredUs: isAnswer ? nowUs : -Infinity })
  }

  #turn(nowUs: number): void {
    if (Math.abs(nowUs - this.#turnsSinceUs) > QUARREL_US) {
      this.turns = 0
      this.#turnsSinceUs = nowUs
    }
    this.turns += 1
  }

  #forgetOldest(): void {
    let oldest = 0
    for (let index = 1; index < this.#bearers.length; index += 1) {
      if (this.#bearers[index]!.lastUs < this.#bearers[oldest]!.lastUs) oldest = index
    }
    this.#bearers.splice(oldest, 1)
  }
}
