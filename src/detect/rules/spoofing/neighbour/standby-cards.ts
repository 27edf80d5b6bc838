/**
 * Cards that speak VRRP on a link under their own MAC, as keepalived does by default: they hand addresses to each
 * other and announce them again and again.
 *
 * Left out: who among them may be trusted. A thief who speaks VRRP is one of them, and is noted only.
 * Source: RFC 9568 §5.1 (protocol 112, to 224.0.0.18 or ff02::12, with 255 hops).
 */
import type { Packet } from '../../../../decode/packet.ts'
import type { Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Lie } from './station.ts'

const VRRP = 112
const MAX_CARDS = 256
/** The bearer answers an announcement that meets it still at work, once. */
const MOST_UNASKED = 1

export class StandbyCards implements Memory {
  readonly #cards: FadingTable<Row>

  constructor(forgetAfterUs: number) {
    this.#cards = new FadingTable(MAX_CARDS, forgetAfterUs)
  }

  get forgotten(): number {
    return this.#cards.forgotten
  }

  note({ protocol, ttl, sourceMac, vlan, timestampUs: lastUs }: Packet): void {
    if (protocol !== VRRP || ttl !== 255 || sourceMac === 0) return
    this.#cards.set(pairKey(sourceMac, vlan, 12), { lastUs })
  }

  tick(nowUs: number): void {
    this.#cards.tick(nowUs)
  }

  /** Says whether the claims of a card are announcements alone, against others that speak VRRP as it does. */
  handOver(lies: readonly Lie[], mac: number, vlan: number): boolean {
    return (
      this.#speaks(mac, vlan) &&
      lies.every(
        ({ bearer, announced, unasked, polled }) =>
          announced > 0 && unasked <= MOST_UNASKED && polled === 0 && this.#speaks(bearer, vlan),
      )
    )
  }

  #speaks(mac: number, vlan: number): boolean {
    return mac !== 0 && this.#cards.get(pairKey(mac, vlan, 12)) !== undefined
  }
}
