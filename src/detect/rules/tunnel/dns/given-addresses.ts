/**
 * Addresses that suspects were given in answers, so that a visit to one of them can be told.
 *
 * Who asks for the names of a site goes there next; the answers of a tunnel are data.
 */
import { addressKey } from '../../../../flow/index.ts'
import type { Memory } from '../../../detector.ts'
import type { DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import { parseAddress } from '../../../../net/address.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import type { DnsSuspect } from './dns-suspect.ts'

const MAX_ADDRESSES = 4096
const VISIT_WITHIN_US = 300_000_000

interface Given {
  readonly suspect: DnsSuspect
  lastUs: number
}

export class GivenAddresses implements Memory {
  readonly #given = new FadingTable<Given>(MAX_ADDRESSES, VISIT_WITHIN_US)

  get size(): number {
    return this.#given.size
  }

  get forgotten(): number {
    return this.#given.forgotten
  }

  /** Notes the address an answer ends in, where it does. */
  note(suspect: DnsSuspect, message: DnsMessage, nowUs: number): void {
    const last = message.answers.at(-1)
    if (last === undefined || last.value === null || !isAddressType(last.type)) return
    const address = parseAddress(last.value)
    if (address === null) return
    this.#given.set(addressKey(address.family, address.words), { suspect, lastUs: nowUs })
  }

  /** A flow was opened; where it goes to an address its host was given, that counts, once. */
  opened(flow: LiveFlow): void {
    const given = this.#given.get(flow.responderKey)
    if (given === undefined || given.suspect.parties.clientKey !== flow.originatorKey) return
    if (flow.startUs - given.lastUs > VISIT_WITHIN_US) return
    given.suspect.visits += 1
    this.#given.delete(flow.responderKey)
  }

  tick(nowUs: number): void {
    this.#given.tick(nowUs)
  }
}

const isAddressType = (type: string): boolean => type === 'A' || type === 'AAAA'
