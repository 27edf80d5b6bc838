/**
 * Who was asked by datagram: what goes back is an answer and no search, though nothing follows it.
 *
 * An answer may come from another port than the question went to (RFC 1350 §4); and what leaves the port at which
 * several hosts asked answers as well, though the capture lost the question.
 */
import { IpProtocol } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { mix, pairHash, pairKey } from '../state/pair-key.ts'
import { LastSigns } from '../state/watch/last-signs.ts'

/** A flood's askers push each other out; an honest answer comes before it is pushed out. */
const ASKER_PLACES = 16_384
/** Who waits for longer has asked again. */
const WAITS_FOR_US = 60_000_000
const MAX_SERVICES = 1024
const SERVES_FOR_US = 600_000_000

export class Askers implements Memory {
  readonly #askers = new LastSigns(ASKER_PLACES)
  /** Ports at which a first few different hosts asked. */
  readonly #services = new FadingTable<Row>(MAX_SERVICES, SERVES_FOR_US)
  readonly #looks = new FirstLooks(4096, SERVES_FOR_US)

  get forgotten(): number {
    return this.#services.forgotten + this.#looks.forgotten
  }

  /** Notes a flow that was opened; says whether it is an answer itself. */
  isAnswer(flow: LiveFlow): boolean {
    const { originatorKey: from, originatorPort, responderKey: to, responderPort, lastUs } = flow
    if (flow.protocol !== IpProtocol.UDP) return false
    if (this.#askers.isRecent(askHash(to, from, responderPort), lastUs, WAITS_FOR_US)) return true
    const service = this.#services.get(pairKey(from, originatorPort, 6))
    if (service !== undefined) {
      service.lastUs = Math.max(service.lastUs, lastUs)
      return true
    }
    this.#askers.note(askHash(from, to, originatorPort), lastUs)
    this.#noteAsked(to, responderPort, from, lastUs)
    return false
  }

  tick(nowUs: number): void {
    this.#services.tick(nowUs)
  }

  #noteAsked(host: number, port: number, asker: number, nowUs: number): void {
    const key = pairKey(host, port, 6)
    const service = this.#services.get(key)
    if (service !== undefined) {
      service.lastUs = Math.max(service.lastUs, nowUs)
      return
    }
    const place = this.#looks.note(host, port, asker, nowUs)
    if (place < 0) return
    this.#looks.take(place)
    this.#services.set(key, { lastUs: nowUs })
  }
}

/** Who asked whom, and from which port. */
const askHash = (asker: number, asked: number, port: number): number =>
  mix(pairHash(asker, asked), port)
