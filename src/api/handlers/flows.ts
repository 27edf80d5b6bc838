/** Flows, as the log has them, in the shape of the contract. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs, type Clock } from '../../core/clock.ts'
import type { Flow } from '../../flow/flow.ts'
import { protocolName, protocolNumber } from '../../net/protocol.ts'
import type { FlowLog } from '../../record/logs/flow-log.ts'
import type { Handler } from '../contract/contract.ts'
import { invalidRequest } from '../problem.ts'
import { rangeOf, timeUsOf } from '../query.ts'

/** Serves `listFlows`. */
export function flowHandlers(flows: FlowLog): { listFlows: Handler<'listFlows'> } {
  return {
    listFlows: async ({ query }) => {
      const { limit, cursor } = query
      const { items, nextCursor } = await flows.list({ ...filterOf(query), limit, cursor })
      return { status: 200, body: { items: items.map(apiFlow), nextCursor } }
    },
  }
}

/** How long flows are summed over where nobody says. */
const DAY_US = 86_400e6
/** Spans of a series. */
const MAX_SPANS = 2000

/** Serves `topFlows` and `flowSeries`. */
export function flowSumHandlers(
  flows: FlowLog,
  clock: Clock,
): { topFlows: Handler<'topFlows'>; flowSeries: Handler<'flowSeries'> } {
  const spanOf = (query: { from?: string; to?: string }): { fromUs: number; toUs: number } => {
    const toUs = timeUsOf(query.to) ?? clock.nowMs() * 1000
    return { toUs, fromUs: timeUsOf(query.from) ?? toUs - DAY_US }
  }
  return {
    topFlows: async ({ query }) => {
      const { by, order = 'bytes', limit } = query
      const filter = { ...filterOf(query), ...spanOf(query) }
      const { items, isComplete } = await flows.sums({ ...filter, by, spanUs: 1 })
      const sorted = [...items].sort((one, other) => other[order] - one[order])
      const named = sorted.slice(0, limit).map((sum) => ({ ...sum, key: nameOf(by, sum.key) }))
      return { status: 200, body: { items: named, groups: items.length, isComplete } }
    },
    flowSeries: async ({ query }) => {
      const { bucketSeconds = 60 } = query
      const { fromUs, toUs } = spanOf(query)
      const spanUs = bucketSeconds * 1e6
      if ((toUs - fromUs) / spanUs > MAX_SPANS) throw tooManySpans(bucketSeconds)
      const filter = { ...filterOf(query), fromUs, toUs }
      const { items, isComplete } = await flows.sums({ ...filter, by: 'time', spanUs })
      const inOrder = items
        .map(({ key, ...sum }) => ({ atUs: Number(key), ...sum }))
        .sort((one, other) => one.atUs - other.atUs)
        .map(({ atUs, ...sum }) => ({ at: rfc3339FromUs(atUs), ...sum }))
      return { status: 200, body: { items: inOrder, isComplete } }
    },
  }
}

function nameOf(by: string, key: string): string {
  const [protocol = '', port] = key.split('/')
  if (by === 'protocol') return protocolName(Number(protocol))
  return by === 'service' ? `${protocolName(Number(protocol))}/${port}` : key
}

function tooManySpans(bucketSeconds: number) {
  const message = `gives more than ${MAX_SPANS} spans; ask for longer ones, or a shorter time`
  return invalidRequest([{ field: 'bucketSeconds', value: bucketSeconds, message }])
}

/** The filters that listings and sums of flows share. */
function filterOf(query: FlowParameters) {
  const { address, port, protocol, communityId, process, ja4, domain } = query
  return {
    ...{ port, communityId, process, ja4, domain },
    fromUs: timeUsOf(query.from),
    toUs: timeUsOf(query.to),
    address: rangeOf(address),
    protocol: protocol === undefined ? undefined : (protocolNumber(protocol) ?? undefined),
  }
}

interface FlowParameters {
  readonly from?: string
  readonly to?: string
  readonly address?: string
  readonly port?: number
  readonly protocol?: string
  readonly communityId?: string
  readonly process?: string
  readonly ja4?: string
  readonly domain?: string
}

/** Gives a flow in the shape of the contract. */
export function apiFlow(flow: Flow): components['schemas']['Flow'] {
  return {
    communityId: flow.communityId,
    interface: flow.interface,
    originator: flow.originator,
    originatorPort: flow.originatorPort,
    responder: flow.responder,
    responderPort: flow.responderPort,
    protocol: protocolName(flow.protocol),
    application: flow.application === 'unknown' ? null : flow.application,
    facts: flow.facts === null ? null : { ...flow.facts },
    start: rfc3339FromUs(flow.startUs),
    end: rfc3339FromUs(flow.endUs),
    state: flow.connState,
    endReason: flow.endReason,
    originatorPackets: flow.originatorPackets,
    responderPackets: flow.responderPackets,
    originatorBytes: flow.originatorBytes,
    responderBytes: flow.responderBytes,
    originatorPayloadBytes: flow.originatorPayloadBytes,
    responderPayloadBytes: flow.responderPayloadBytes,
    retransmissions: flow.retransmissions,
    handshakeRttUs: flow.handshakeRttUs,
    anomalyScore: flow.anomalyScore,
    attackScore: flow.attackScore,
    process: flow.process,
  }
}
