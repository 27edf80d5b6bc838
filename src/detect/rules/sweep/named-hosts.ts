/**
 * Which hosts a resolver has just named to whom: to turn to these is no search, though none of them answers.
 *
 * A host of both families asks over the one and connects over the other. Nobody finds an IPv6 address by trying, so
 * one that was named to anybody is no find of a search.
 */
import { addressKey } from '../../../flow/index.ts'
import type { DnsMessage, LiveFlow } from '../../../flow/flow.ts'
import { parseAddress } from '../../../net/address.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/capped-table.ts'
import { FadingTable } from '../state/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'

const MAX_NAMED = 8192
/** Stands for whoever asked; no IPv4 address of a host, and no key of an IPv6 one. */
const ANYBODY = 0
/** As long as most answers may be kept, and browsers keep them. */
const NAMED_FOR_US = 600_000_000
/** Programs connect to the first few addresses of an answer. */
const MOST_ANSWERS = 8

export class NamedHosts implements Memory {
  readonly #named = new FadingTable<Row>(MAX_NAMED, NAMED_FOR_US)

  get forgotten(): number {
    return this.#named.forgotten
  }

  note(flow: LiveFlow, { isResponse, answers }: DnsMessage): void {
    if (!isResponse) return
    for (const { type, value } of answers.slice(0, MOST_ANSWERS)) {
      if ((type !== 'A' && type !== 'AAAA') || value === null) continue
      const address = parseAddress(value)
      if (address === null) continue
      const host = addressKey(address.family, address.words)
      const asker = address.family === 6 ? ANYBODY : flow.originatorKey
      this.#named.set(pairKey(asker, host, 4), { lastUs: flow.lastUs })
    }
  }

  /** Says whether the responder was named to the originator, or one of IPv6 to anybody. */
  isNamed({ ipVersion, originatorKey, responderKey }: LiveFlow): boolean {
    const asker = ipVersion === 6 ? ANYBODY : originatorKey
    return this.#named.get(pairKey(asker, responderKey, 4)) !== undefined
  }

  tick(nowUs: number): void {
    this.#named.tick(nowUs)
  }
}
