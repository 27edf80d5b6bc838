/** Which facts of a flow go under which keys of CEF's dictionary. */
import type { Flow } from '../../../flow/flow.ts'
import type { OutgoingFlow } from '../../outgoing.ts'
import {
  addressField,
  labelled,
  optional,
  processKeys,
  type CefContext,
  type CefField,
} from '../cef-fields.ts'
import { applicationOf, namesOf, portsOf, sentenceOf, transportOf } from './told.ts'

/** The dictionary's integers have 32 bits. */
const LARGEST_INTEGER = 0x7fffffff

/**
 * Returns the extension's fields in order.
 *
 * `in` is what went from source to destination, `out` what came back; where a count does not fit the dictionary's
 * 32 bits the key is left out, and `cn2` and `cn3` have it all the same.
 * Source: ArcSight Common Event Format, versions 25 to 27, Extension Dictionary.
 */
export function flowCefFields(
  message: OutgoingFlow,
  context: CefContext,
  { essentialsOnly }: { readonly essentialsOnly: boolean },
): CefField[] {
  const { flow } = message
  return [
    { key: 'externalId', value: message.id, maxLength: 40 },
    ...timeFields(flow),
    ...endFields(flow, context),
    ...amountFields(flow),
    { key: 'cat', value: message.family, maxLength: 1023 },
    { key: 'deviceExternalId', value: message.agent, maxLength: 255 },
    { key: 'dvchost', value: context.hostname, maxLength: 100 },
    ...labelled('cn1', 'sequence', message.sequence),
    ...(message.previousSequence === undefined
      ? []
      : labelled('flexNumber1', 'previousSequence', message.previousSequence)),
    ...(essentialsOnly ? [] : otherFields(flow)),
    { key: 'msg', value: sentenceOf(flow), maxLength: 1023 },
  ]
}

function timeFields({ startUs, endUs }: Flow): CefField[] {
  const [start, end] = [Math.floor(startUs / 1000), Math.floor(endUs / 1000)]
  return [
    { key: 'rt', value: end },
    { key: 'start', value: start },
    { key: 'end', value: end },
  ]
}

function endFields(flow: Flow, { cefVersion }: CefContext): CefField[] {
  const ports = portsOf(flow)
  return [
    ...addressField('source', flow.originator, cefVersion),
    ...optional('spt', ports.originator, 5),
    ...addressField('destination', flow.responder, cefVersion),
    ...optional('dpt', ports.responder, 5),
    { key: 'proto', value: transportOf(flow).toUpperCase(), maxLength: 31 },
    ...optional('app', applicationOf(flow), 31),
  ]
}

function amountFields(flow: Flow): CefField[] {
  const { originatorBytes, responderBytes, originatorPackets, responderPackets } = flow
  const integer = (key: string, value: number): CefField[] =>
    value > LARGEST_INTEGER ? [] : [{ key, value }]
  return [
    ...integer('in', originatorBytes),
    ...integer('out', responderBytes),
    ...labelled('cn2', 'bytesIn', originatorBytes),
    ...labelled('cn3', 'bytesOut', responderBytes),
    ...labelled('flexNumber2', 'packets', originatorPackets + responderPackets),
  ]
}

function otherFields(flow: Flow): CefField[] {
  const { server, query } = namesOf(flow)
  const http = flow.facts?.kind === 'http' ? flow.facts : null
  return [
    ...optional('deviceInboundInterface', flow.interface || null, 128),
    ...optional('dhost', server, 1023),
    ...optional('requestMethod', http?.method ?? null, 1023),
    ...optional('request', http?.uri ?? null, 1023),
    ...optional('requestClientApplication', http?.userAgent ?? null, 1023),
    { key: 'reason', value: flow.endReason, maxLength: 1023 },
    ...labelled('cs1', 'state', flow.connState),
    ...(query === null ? [] : labelled('cs2', 'query', query)),
    ...labelled('cs6', 'flows', flow.communityId),
    ...(flow.anomalyScore === null ? [] : labelled('cfp1', 'anomalyScore', flow.anomalyScore)),
    ...(flow.attackScore === null ? [] : labelled('cfp2', 'attackScore', flow.attackScore)),
    ...processKeys(flow.process, flow.process?.side === 'originator' ? 's' : 'd'),
  ]
}
