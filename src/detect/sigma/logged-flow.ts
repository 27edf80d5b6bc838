/** A flow that lies in the log, as rules see it. */
import { APPLICATIONS, CONN_STATES, type Flow } from '../../flow/flow.ts'
import { parseAddress } from '../../net/address.ts'
import type { FlowView } from './fields/field.ts'

/** Shows flows of the log to the rules, one at a time: reused, since a log has millions. */
export class LoggedFlow implements FlowView {
  ipVersion: FlowView['ipVersion'] = 4
  originatorPort = 0
  responderPort = 0
  protocol = 0
  vlan = 0
  startUs = 0
  lastUs = 0
  originatorPackets = 0
  responderPackets = 0
  originatorBytes = 0
  responderBytes = 0
  originatorPayloadBytes = 0
  responderPayloadBytes = 0
  connState = 0
  application = 0
  /** Assigned by `show`. */
  #flow!: Flow

  show(flow: Flow): void {
    this.#flow = flow
    this.ipVersion = flow.ipVersion
    this.originatorPort = flow.originatorPort
    this.responderPort = flow.responderPort
    this.protocol = flow.protocol
    this.vlan = flow.vlan
    this.startUs = flow.startUs
    this.lastUs = flow.endUs
    this.originatorPackets = flow.originatorPackets
    this.responderPackets = flow.responderPackets
    this.originatorBytes = flow.originatorBytes
    this.responderBytes = flow.responderBytes
    this.originatorPayloadBytes = flow.originatorPayloadBytes
    this.responderPayloadBytes = flow.responderPayloadBytes
    this.connState = CONN_STATES.indexOf(flow.connState)
    this.application = APPLICATIONS.indexOf(flow.application)
  }

  originatorAddress(): string {
    return this.#flow.originator
  }

  responderAddress(): string {
    return this.#flow.responder
  }

  communityId(): string {
    return this.#flow.communityId
  }

  copyAddresses(words: Int32Array, originatorAt: number, responderAt: number): void {
    copyWords(this.#flow.originator, words, originatorAt)
    copyWords(this.#flow.responder, words, responderAt)
  }
}

function copyWords(text: string, words: Int32Array, at: number): void {
  words.set(parseAddress(text)?.words.map((word) => word | 0) ?? [0, 0, 0, 0], at)
}
