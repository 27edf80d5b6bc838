/** Which facts of an event go under which keys of CEF's dictionary, and how long each may be. */
import { usFromRfc3339 } from '../../core/clock.ts'
import { formatAddress, parseAddress } from '../../net/address.ts'
import type { Event } from '../../record/event.ts'

export interface CefContext {
  /** Version of Picket. */
  readonly version: string
  /** Name of this host. */
  readonly hostname: string
  /** Of the format: from 1 on `src` and `dst` may be IPv6. */
  readonly cefVersion: '0' | '1'
}

export interface CefField {
  readonly key: string
  readonly value: string | number
  /** The dictionary's longest value, in characters. */
  readonly maxLength?: number
  /** Of a custom key: what its value is, as `KEYLabel`. Plain words of ours. */
  readonly label?: string
}

/** How much of an event a message may carry; what is shortened first stands first. */
export interface CefDetail {
  readonly flows: number
  readonly reasons: number
  readonly victims: number
  readonly summaryLength: number
  readonly decisionLength: number
  /** Only who, what, when, how bad, and the ids. */
  readonly essentialsOnly: boolean
}

export const FULL_DETAIL: CefDetail = {
  flows: 16,
  reasons: 32,
  victims: 64,
  summaryLength: 1023,
  decisionLength: 4000,
  essentialsOnly: false,
}

/**
 * Returns the extension's fields in order.
 *
 * The six `cs` are taken up; what has no key of its own besides goes to the two `flexString`, which the
 * standard keeps for customers "unless necessary".
 *
 * `src` and `dst` are IPv4 in CEF:0, so IPv6 goes to `c6a2` and `c6a3` with the labels the dictionary gives
 * them. `src` is the attacker and is left out where nobody can honestly be named; `dst` is the first victim,
 * else the host the event is about. Names of hosts and users are never invented.
 * Source: ArcSight Common Event Format, versions 25 to 27, Extension Dictionary.
 */
export function cefFields(event: Event, context: CefContext, detail: CefDetail): CefField[] {
  return [
    ...essentialFields(event, context),
    ...(detail.essentialsOnly ? [] : otherFields(event, context, detail)),
    // Last, since many parsers take the rest of the line for the message.
    { key: 'msg', value: event.summary, maxLength: Math.min(1023, detail.summaryLength) },
  ]
}

function essentialFields(event: Event, { hostname, cefVersion }: CefContext): CefField[] {
  return [
    { key: 'externalId', value: event.id, maxLength: 40 },
    ...timeFields(event),
    ...addressFields(event, cefVersion),
    // The dictionary's cnt is a 32-bit integer.
    { key: 'cnt', value: Math.min(event.count, 0x7fffffff) },
    { key: 'act', value: event.verdict, maxLength: 63 },
    { key: 'cat', value: event.family, maxLength: 1023 },
    { key: 'deviceExternalId', value: event.agent, maxLength: 255 },
    { key: 'dvchost', value: hostname, maxLength: 100 },
    // A receiver that filters by this one key leaves out every self-test.
    ...(event.selfTest === undefined
      ? []
      : [{ key: 'deviceFacility', value: `self-test ${event.selfTest}`, maxLength: 1023 }]),
    ...customNumbers(event),
  ]
}

function otherFields(event: Event, context: CefContext, detail: CefDetail): CefField[] {
  return [
    ...(context.cefVersion === '1' ? frameworkFields(event) : []),
    ...optional('deviceInboundInterface', event.interface, 128),
    ...optional('destinationDnsDomain', event.domain, 255),
    ...customStrings(event, detail),
  ]
}

/** Keys that came with version 1.2 of the format; there is room for one technique, the others are in cs1. */
function frameworkFields({ mitre }: Event): CefField[] {
  const [technique] = mitre
  if (technique === undefined) return []
  return [
    { key: 'frameworkName', value: 'MITRE ATT&CK', maxLength: 256 },
    { key: 'threatAttackID', value: technique, maxLength: 32 },
  ]
}

function timeFields(event: Event): CefField[] {
  const milliseconds = (time: string): number => Math.floor(usFromRfc3339(time) / 1000)
  const end = milliseconds(event.lastSeen)
  return [
    { key: 'rt', value: end },
    { key: 'start', value: milliseconds(event.firstSeen) },
    { key: 'end', value: end },
  ].filter(({ value }) => Number.isFinite(value))
}

const MAC_ADDRESS = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i

function addressFields(event: Event, cefVersion: CefContext['cefVersion']): CefField[] {
  return [
    ...addressField('source', event.attacker, cefVersion),
    ...addressField('destination', event.victims[0] ?? event.host, cefVersion),
  ]
}

const ENDS = {
  source: { key: 'src', key6: 'c6a2', label6: 'Source IPv6 Address', keyMac: 'smac' },
  destination: { key: 'dst', key6: 'c6a3', label6: 'Destination IPv6 Address', keyMac: 'dmac' },
}

/** Puts the address of one end where its sort belongs; what is none is left out. */
export function addressField(
  end: keyof typeof ENDS,
  text: string | null,
  cefVersion: CefContext['cefVersion'],
): CefField[] {
  const { key, key6, label6, keyMac } = ENDS[end]
  const address = text === null ? null : parseAddress(text)
  if (address === null) {
    return text !== null && MAC_ADDRESS.test(text) ? [{ key: keyMac, value: text }] : []
  }
  const value = formatAddress(address)
  if (address.family === 4 || cefVersion === '1') return [{ key, value }]
  return [{ key: key6, value, label: label6 }]
}

function customNumbers(event: Event): CefField[] {
  return [
    ...labelled('cn1', 'sequence', event.sequence),
    ...labelled('cn2', 'revision', event.revision),
    ...labelled('cn3', 'simulated', event.simulated ? 1 : 0),
    ...labelled('cfp1', 'confidence', event.confidence),
    ...(event.previousSequence === undefined
      ? []
      : labelled('flexNumber1', 'previousSequence', event.previousSequence)),
  ]
}

function customStrings(event: Event, detail: CefDetail): CefField[] {
  const reasons = event.reasons
    .slice(0, detail.reasons)
    .map(({ feature, value, baseline }) =>
      baseline === null ? `${feature} ${value}` : `${feature} ${value} (usual ${baseline})`,
    )
  return [
    ...list('cs1', 'mitre', event.mitre),
    ...list('cs2', 'detectors', event.detectors),
    ...labelled('cs3', 'decision', event.decision, Math.min(4000, detail.decisionLength)),
    ...list('cs4', 'victims', event.victims.slice(0, detail.victims)),
    ...list('cs5', 'reasons', reasons, '; '),
    ...list('cs6', 'flows', event.flows.slice(0, detail.flows)),
    ...(event.host === null ? [] : flexString('flexString1', 'host', event.host)),
    ...(event.incident === null ? [] : flexString('flexString2', 'incident', event.incident)),
    ...processFields(event),
  ]
}

/** The process is at `dst` unless this host is the attacker, who is at `src`. */
function processFields({ process, host }: Event): CefField[] {
  return processKeys(process, process?.side === 'originator' && host === null ? 's' : 'd')
}

/** The keys of a process at the source (`s`) or the destination (`d`). */
export function processKeys(process: Event['process'], end: 's' | 'd'): CefField[] {
  if (process === null) return []
  const { pid, executable, command, user, uid } = process
  return [
    ...optional(`${end}proc`, executable ?? command, 1023),
    ...optional(`${end}pid`, pid, 10),
    ...optional(`${end}user`, user, 1023),
    ...optional(`${end}uid`, uid === null ? null : String(uid), 1023),
  ]
}

function list(key: string, label: string, items: readonly string[], between = ','): CefField[] {
  return items.length === 0 ? [] : labelled(key, label, items.join(between))
}

/** A custom key with the label that names it. */
export function labelled(
  key: string,
  label: string,
  value: string | number,
  maxLength = 4000,
): CefField[] {
  return [{ key, value, maxLength, label }]
}

function flexString(key: string, label: string, value: string): CefField[] {
  return labelled(key, label, value, 1023)
}

/** A key that is left out where there is no value. */
export function optional(
  key: string,
  value: string | number | null,
  maxLength: number,
): CefField[] {
  return value === null ? [] : [{ key, value, maxLength }]
}
