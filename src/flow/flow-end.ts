/** When a flow is over, and what to call it. */
import { IpProtocol } from '../net/protocol.ts'
import type { FlowConfig } from './config.ts'
import { Meta } from './table/flow-key.ts'
import type { EndReason } from './flow.ts'
import { State } from './table/record-layout.ts'
import { Endpoint } from './fold/tcp-state.ts'

/** The configured timeouts in µs. */
export interface FlowTimeouts {
  readonly tcpIdleUs: number
  readonly otherIdleUs: number
  readonly unansweredUs: number
  readonly closedUs: number
  readonly activeUs: number
}

/** Turns the configuration into the packets' unit. */
export function flowTimeouts(config: FlowConfig): FlowTimeouts {
  return {
    tcpIdleUs: config.tcpIdleTimeoutMs * 1000,
    otherIdleUs: config.otherIdleTimeoutMs * 1000,
    unansweredUs: config.unansweredTimeoutMs * 1000,
    closedUs: config.closedTimeoutMs * 1000,
    activeUs: config.activeTimeoutMs * 1000,
  }
}

/** How long a flow in this state may be silent. */
export function timeoutUs(timeouts: FlowTimeouts, state: number, meta: number): number {
  if ((state & State.CLOSED) !== 0) return timeouts.closedUs
  const isConfirmed = (state & State.CONFIRMED) !== 0
  if (!isConfirmed && (state & State.ANSWERED) === 0) return timeouts.unansweredUs
  const isTcp = (meta & Meta.PROTOCOL_MASK) === IpProtocol.TCP
  return isTcp && isConfirmed ? timeouts.tcpIdleUs : timeouts.otherIdleUs
}

/** The reason to report: a closed flow was over already, whatever took it from the table. */
export function endReasonOf(state: number, reason: EndReason): EndReason {
  if ((state & State.CLOSED) === 0) return reason
  const originator = (state >>> State.ORIGINATOR_SHIFT) & State.ENDPOINT_MASK
  const responder = (state >>> State.RESPONDER_SHIFT) & State.ENDPOINT_MASK
  const isReset = originator === Endpoint.RESET || responder === Endpoint.RESET
  return isReset ? 'rst' : 'fin'
}
