/**
 * Who has just sent whom a datagram, and from which port: what comes back to that port is an answer and no search,
 * though it comes from another port than the question went to (RFC 1350 §4), and though nothing follows it.
 */
import { IpProtocol } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/capped-table.ts'
import { FadingTable } from '../state/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'

const MAX_ASKERS = 8192
/** Who waits for longer has asked again. */
const WAITS_FOR_US = 60_000_000

export class Askers implements Memory {
  readonly #askers = new FadingTable<Row>(MAX_ASKERS, WAITS_FOR_US)

  get forgotten(): number {
    return this.#askers.forgotten
  }

  /** Notes a flow that was opened; says whether it is an answer itself. */
  isAnswer({
    protocol,
    originatorKey,
    originatorPort,
    responderKey,
    responderPort,
    lastUs,
  }: LiveFlow): boolean {
    // prettier-ignore
    if (protocol !== IpProtocol.UDP) return false
    if (this.#askers.get(pairKey(responderKey, originatorKey, responderPort)) !== undefined) {
      return true
    }
    this.#askers.set(pairKey(originatorKey, responderKey, originatorPort), { lastUs })
    return false
  }

  tick(nowUs: number): void {
    this.#askers.tick(nowUs)
  }
}
