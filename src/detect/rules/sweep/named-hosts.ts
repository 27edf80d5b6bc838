/**
 * Which hosts a resolver has just named to whom: to turn to these is no search, though none of them answers.
 *
 * A host of both families asks over the one and connects over the other. Nobody finds an IPv6 address by trying, so
 * one that was named to anybody is no find of a search.
 */
import { addressKey } from '../../../flow/index.ts'
import type { DnsMessage, LiveFlow } from '../../../flow/flow.ts'
import { parseAddress } from '../../../net/address.ts'
import { pairHash } from '../state/pair-key.ts'
import { LastSigns } from '../state/watch/last-signs.ts'

/** A pair of asker and host each, at 12 bytes. */
const PLACES = 32_768
/** Stands for whoever asked; no IPv4 address of a host, and no key of an IPv6 one. */
const ANYBODY = 0
/** As long as most answers may be kept, and browsers keep them. */
const NAMED_FOR_US = 600_000_000
/** Programs connect to the first few addresses of an answer. */
const MOST_ANSWERS = 8

export class NamedHosts {
  readonly #named = new LastSigns(PLACES)

  note(flow: LiveFlow, { isResponse, answers }: DnsMessage): void {
    if (!isResponse) return
    for (const { type, value } of answers.slice(0, MOST_ANSWERS)) {
      if ((type !== 'A' && type !== 'AAAA') || value === null) continue
      const address = parseAddress(value)
      if (address === null) continue
      const host = addressKey(address.family, address.words)
      const asker = address.family === 6 ? ANYBODY : flow.originatorKey
      this.#named.note(pairHash(asker, host), flow.lastUs)
    }
  }

  /** Says whether the responder was named to the originator, or one of IPv6 to anybody. */
  isNamed({ ipVersion, originatorKey, responderKey, lastUs }: LiveFlow): boolean {
    const asker = ipVersion === 6 ? ANYBODY : originatorKey
    return this.#named.isRecent(pairHash(asker, responderKey), lastUs, NAMED_FOR_US)
  }
}
