/** A flow that lies in the log, as rules see it. */
import { APPLICATIONS, CONN_STATES, type Flow } from '../../flow/flow.ts'
import { parseAddress } from '../../net/address.ts'
import type { FlowView } from './fields/field.ts'

/** Shows a flow of the log to the rules. */
export function viewOf(flow: Flow): FlowView {
  return {
    ...flow,
    lastUs: flow.endUs,
    connState: CONN_STATES.indexOf(flow.connState),
    application: APPLICATIONS.indexOf(flow.application),
    originatorAddress: () => flow.originator,
    responderAddress: () => flow.responder,
    communityId: () => flow.communityId,
    copyAddresses(words, originatorAt, responderAt) {
      copyWords(flow.originator, words, originatorAt)
      copyWords(flow.responder, words, responderAt)
    },
  }
}

function copyWords(text: string, words: Int32Array, at: number): void {
  words.set(parseAddress(text)?.words.map((word) => word | 0) ?? [0, 0, 0, 0], at)
}
