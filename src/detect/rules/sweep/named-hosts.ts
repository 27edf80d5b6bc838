/** Which hosts a resolver has just named to whom: to connect to these is no search, though none of them answers. */
import { addressKey } from '../../../flow/index.ts'
import type { DnsMessage, LiveFlow } from '../../../flow/flow.ts'
import { parseAddress } from '../../../net/address.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/capped-table.ts'
import { FadingTable } from '../state/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'

const MAX_NAMED = 8192
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
      this.#named.set(pairKey(flow.originatorKey, host, 4), { lastUs: flow.lastUs })
    }
  }

  /** Says whether the responder was named to the originator. */
  isNamed({ originatorKey, responderKey }: LiveFlow): boolean {
    return this.#named.get(pairKey(originatorKey, responderKey, 4)) !== undefined
  }

  tick(nowUs: number): void {
    this.#named.tick(nowUs)
  }
}
