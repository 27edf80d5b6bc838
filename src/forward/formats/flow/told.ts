/** What both formats tell of a flow alike: its sentence, its names, and what is told of its application. */
import { plainlyCounted } from '../../../core/text/amount.ts'
import { protocolName } from '../../../net/protocol.ts'
import type { Flow } from '../../../flow/flow.ts'

const ICMP: ReadonlySet<number> = new Set([1, 58])
/** IANA's keywords where they are not ours. */
const KEYWORDS: Readonly<Record<string, string>> = { icmp6: 'ipv6-icmp' }

/** The keyword that IANA has for the protocol, or its number. */
export function transportOf({ protocol }: Flow): string {
  const name = protocolName(protocol)
  return KEYWORDS[name] ?? name
}

/** Ports, null for protocols without; ICMP's type and code are none. */
export function portsOf(flow: Flow): { originator: number | null; responder: number | null } {
  const hasPorts = !ICMP.has(flow.protocol) && flow.originatorPort + flow.responderPort > 0
  return hasPorts
    ? { originator: flow.originatorPort, responder: flow.responderPort }
    : { originator: null, responder: null }
}

/** The application by its first bytes; null for one that was not told. */
export function applicationOf({ application }: Flow): string | null {
  return application === 'unknown' ? null : application
}

/** Says who spoke to whom, how much and how it ended. */
export function sentenceOf(flow: Flow): string {
  const { originator, responder } = portsOf(flow)
  const end = (address: string, port: number | null): string =>
    port === null ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`
  const packets = flow.originatorPackets + flow.responderPackets
  const bytes = flow.originatorBytes + flow.responderBytes
  const what = applicationOf(flow) ?? transportOf(flow)
  const ends = `${end(flow.originator, originator)} → ${end(flow.responder, responder)}`
  return `${what} ${ends}, ${plainlyCounted(packets, 'packet')}, ${plainlyCounted(bytes, 'byte')}, ${flow.connState}`
}

/** The name that the originator asked for: of a server, or (DNS) of whatever was looked up. */
export interface AskedName {
  readonly server: string | null
  readonly query: string | null
}

/** Reads the names out of what the application said. */
export function namesOf({ facts }: Flow): AskedName {
  switch (facts?.kind) {
    case 'tls':
    case 'quic':
      return { server: facts.sni, query: null }
    case 'http':
      return { server: facts.host, query: null }
    case 'dns':
      return { server: null, query: facts.query }
    default:
      return { server: null, query: null }
  }
}

/** The user that the application named at its login; null where it named none. */
export function userOf({ facts }: Flow): string | null {
  return facts !== null && 'user' in facts ? facts.user : null
}
