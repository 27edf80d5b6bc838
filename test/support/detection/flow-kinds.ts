/** A flow of each sort that the formats treat differently, for their golden files. */
import type { Flow } from '../../../src/flow/flow.ts'
import { outgoingFlow, type OutgoingFlow } from '../../../src/forward/outgoing.ts'
import { flow, owner } from '../record.ts'

const AGENT = '019b8d2a-0000-7000-8000-00000000000a'

const TLS: Flow['facts'] = {
  kind: 'tls',
  version: 'TLS 1.2',
  sni: 'www.example.org',
  alpn: ['h2'],
  ja3: 'cd08e31494f9531f560d64c695473da9',
  ja4: 't13d1516h2_8daaf6152771_b186095e22b6',
  cipher: 49199,
  ja3s: '15af977ce25de452b96affa2addb1036',
  subject: 'www.example.org',
  issuer: 'Example CA',
  isSelfSigned: false,
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
  alert: null,
}

const HTTP: Flow['facts'] = {
  kind: 'http',
  method: 'GET',
  uri: '/search?q=a=b|c',
  host: 'intranet.example.org',
  userAgent: 'curl/8.5 \u202egnp',
  authScheme: null,
  status: 404,
  contentType: 'text/html',
  server: null,
  requests: 1,
  responses: 1,
  clientErrors: 1,
  serverErrors: 0,
  authFailures: 0,
}

const DNS: Flow['facts'] = {
  kind: 'dns',
  query: 'tunnel.example.org',
  type: 'TXT',
  rcode: 'NXDOMAIN',
  answers: [],
  queries: 1,
  responses: 1,
  failures: 1,
  ednsPayloadBytes: 1232,
  wantsDnssec: false,
}

/** By a name for each. */
export const FLOWS: Readonly<Record<string, Partial<Flow>>> = {
  tls: { facts: TLS, process: owner() },
  http: { facts: HTTP, application: 'http', responderPort: 80, vlan: 12 },
  dns: {
    ...{
      facts: DNS,
      application: 'dns',
      protocol: 17,
      responderPort: 53,
      originator: '2001:db8::7',
    },
    ...{ responder: '2001:db8::53', ipVersion: 6, originatorTcpFlags: 0, responderTcpFlags: 0 },
    ...{ handshakeRttUs: null, endReason: 'idle', anomalyScore: null, attackScore: null },
  },
  icmp: {
    ...{ protocol: 1, originatorPort: 8, responderPort: 0, application: 'unknown' },
    ...{ originatorTcpFlags: 0, responderTcpFlags: 0, handshakeRttUs: null, endReason: 'idle' },
  },
  large: {
    ...{ originatorBytes: 5e9, responderBytes: 6e12, originatorPackets: 4e6 },
    process: owner({ side: 'originator', command: 'rsync', executable: null }),
  },
}

/** The flow as a sink is sent it. */
export function outgoing(changes: Partial<Flow> = {}, number = 7): OutgoingFlow {
  const sent = { number, flow: flow(changes), recordedAtMs: 0 }
  return { ...outgoingFlow(sent, AGENT), previousSequence: number - 1 }
}
