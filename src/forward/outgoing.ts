/** What sinks are sent: states of events, and flows where the configuration says so. */
import { createHash } from 'node:crypto'
import { rfc3339FromUs } from '../core/clock.ts'
import type { Flow } from '../flow/flow.ts'
import type { Event } from '../record/event.ts'
import type { NumberedFlow } from '../record/logs/outbox.ts'

/** The kind of a flow, which no event has. */
const FLOW_KIND = 'flow'

/** A finished flow as a sink is sent it: what headers and receipts need has the names it has in an event. */
export interface OutgoingFlow {
  readonly id: string
  /** Its number among the flows of this agent: events are numbered apart. */
  readonly sequence: number
  /** The number of the flow that this sink was sent before it; 0 when nothing is known. */
  readonly previousSequence?: number
  readonly revision: 1
  readonly agent: string
  readonly kind: typeof FLOW_KIND
  readonly family: typeof FLOW_KIND
  readonly severity: 0
  readonly lastSeen: string
  readonly flow: Flow
}

export type Outgoing = Event | OutgoingFlow

/** Says whether it is a flow. */
export function isFlow(message: Outgoing): message is OutgoingFlow {
  return 'flow' in message
}

/** Makes the message of a flow; its id is always the same, so that a SIEM can drop repeats. */
export function outgoingFlow({ number, flow }: NumberedFlow, agent: string): OutgoingFlow {
  return {
    id: flowId(agent, number),
    sequence: number,
    revision: 1,
    agent,
    kind: FLOW_KIND,
    family: FLOW_KIND,
    severity: 0,
    lastSeen: rfc3339FromUs(flow.endUs),
    flow,
  }
}

/** A UUID of version 8 (RFC 9562 §5.8): SHA-256 of the agent's id and the number. */
function flowId(agent: string, number: number): string {
  const bytes = createHash('sha256').update(`${agent}/${number}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return [8, 12, 16, 20, 32].map((end, at) => hex.slice([0, 8, 12, 16, 20][at], end)).join('-')
}
