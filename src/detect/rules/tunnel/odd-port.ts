/**
 * Detects protocols on ports that firewalls leave open for others: on 53 whatever is not DNS, SSH where the web
 * is expected or within HTTP (CONNECT, WebSockets), and proxies asked to connect to login ports.
 *
 * Only conversations count: a probe, or a scan, says a line and leaves. Encrypted DNS over UDP (DNSCrypt) comes
 * in a few datagrams a flow and is passed over.
 */
import { APPLICATIONS, type LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detection } from '../../detection.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, grouped } from '../state/wording.ts'
import type { OddPortConfig } from './config.ts'
import type { Kind } from '../../told-names.ts'

const MAX_STORIES = 1024

const UNKNOWN = 0
const DNS = APPLICATIONS.indexOf('dns')
const SSH = APPLICATIONS.indexOf('ssh')
const HTTP = APPLICATIONS.indexOf('http')
const TLS = APPLICATIONS.indexOf('tls')

const DNS_PORT = 53
/** Where firewalls let everybody out, and SSH has nothing to do. */
const WEB_PORTS: ReadonlySet<number> = new Set([80, 443])
const OTHER_OPEN_PORTS: ReadonlySet<number> = new Set([25, 110, 123, 143, 587, 993, 995])
/** To be asked for through a web proxy: logins, mail, name servers. */
const PROXIED_PORTS: ReadonlySet<string> = new Set(['22', '23', '25', '53', '3389', '5900'])

/** A conversation, not a probe: payload each way, and packets. */
const MIN_BYTES = 1000
const MIN_PACKETS = 8
/** Payloads of a flow that are read; what comes later is not known. */
const MOST_READ = 65_536
/** DNSCrypt and the like send a question or two a flow. */
const MIN_DATAGRAMS = 16

interface Oddity {
  readonly kind: Kind
  readonly severity: number
  readonly protocol: string
  readonly port: number
}

interface OddStory {
  readonly oddity: Oddity
  readonly client: string
  readonly server: string
  lastUs: number
  flows: number
  bytes: number
  readonly story: Story
}

const HEARS = ['http-request', 'banner'] as const

export class OddPort implements Detector {
  readonly name = 'odd-port'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: OddPortConfig
  readonly #emit: Emit
  readonly #stories: FadingTable<OddStory>

  constructor(config: OddPortConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#stories = new FadingTable(MAX_STORIES, this.#config.forgetAfterSeconds * 1e6, (row) =>
      this.#emit(describe(row, true)),
    )
    this.memories = [this.#stories]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'banner') {
      if (fact.application === 'ssh' && flow.application === HTTP)
        this.#note(flow, carriedSsh(flow))
      return
    }
    if (fact.method !== 'CONNECT') return
    const port = fact.uri.slice(fact.uri.lastIndexOf(':') + 1)
    if (!PROXIED_PORTS.has(port)) return
    this.#note(flow, {
      kind: 'tunnel.http-connect',
      severity: 4,
      protocol: 'HTTP CONNECT',
      port: Number(port),
    })
  }

  flowEnded(flow: LiveFlow): void {
    const port = flow.responderPort
    // Nearly all flows: a high port, or the web's without SSH.
    if (port >= 1024 || (port !== DNS_PORT && flow.application !== SSH)) return
    const oddity = oddityOf(flow, port)
    if (oddity !== null && isConversation(flow)) this.#note(flow, oddity)
  }

  #note(flow: LiveFlow, oddity: Oddity): void {
    const nowUs = flow.lastUs
    const key = pairKey(flow.originatorKey, flow.responderKey, oddity.port)
    let row = this.#stories.get(key)
    if (row === undefined) {
      const [client, server] = [flow.originatorAddress(), flow.responderAddress()]
      const story = new Story(flow.startUs, nowUs)
      row = { oddity, client, server, lastUs: nowUs, flows: 0, bytes: 0, story }
      this.#stories.set(key, row)
    }
    row.lastUs = Math.max(row.lastUs, nowUs)
    row.flows += 1
    row.bytes += flow.originatorPayloadBytes + flow.responderPayloadBytes
    row.story.addFlow(flow)
    if (!row.story.isDue(row.flows, nowUs)) return
    row.story.told(row.flows, nowUs)
    this.#emit(describe(row, false))
  }
}

/** SSH within what a proxy was asked to connect to, or within a WebSocket. */
const carriedSsh = ({ responderPort: port }: LiveFlow): Oddity => ({
  ...{ kind: 'tunnel.http-connect', severity: 4, protocol: 'SSH within HTTP', port },
})

function oddityOf(flow: LiveFlow, port: number): Oddity | null {
  const { application } = flow
  if (port === DNS_PORT) {
    if (isNotDns(flow))
      return { kind: 'tunnel.dns.not-dns', severity: 5, protocol: 'something other than DNS', port }
    if (application === SSH) return { kind: 'tunnel.odd-port', severity: 5, protocol: 'SSH', port }
    if (application === HTTP)
      return { kind: 'tunnel.odd-port', severity: 4, protocol: 'HTTP', port }
    if (application === TLS) return { kind: 'tunnel.odd-port', severity: 4, protocol: 'TLS', port }
    return null
  }
  if (OTHER_OPEN_PORTS.has(port))
    return { kind: 'tunnel.odd-port', severity: 4, protocol: 'SSH', port }
  // Administrators put their own SSH on the web's ports, to reach it from hotels.
  return WEB_PORTS.has(port)
    ? { kind: 'tunnel.odd-port', severity: 3, protocol: 'SSH', port }
    : null
}

/** Bytes that nobody could read, or datagrams among DNS of which most can't be read: iodine's raw mode. */
function isNotDns(flow: LiveFlow): boolean {
  if (flow.protocol !== IpProtocol.TCP && flow.protocol !== IpProtocol.UDP) return false
  if (flow.isCutShort) return false
  if (flow.application === UNKNOWN) return true
  const packets = flow.originatorPackets + flow.responderPackets
  if (flow.application !== DNS || flow.protocol !== IpProtocol.UDP) return false
  if (packets < 2 * MIN_DATAGRAMS || packets > MOST_READ) return false
  const facts = flow.facts()
  return facts?.kind === 'dns' && (facts.queries + facts.responses) * 2 < packets
}

function isConversation(flow: LiveFlow): boolean {
  const least = flow.protocol === IpProtocol.TCP ? MIN_PACKETS : MIN_DATAGRAMS
  return (
    flow.originatorPackets >= least &&
    flow.responderPackets >= least &&
    flow.originatorPayloadBytes + flow.responderPayloadBytes >= MIN_BYTES &&
    flow.originatorPayloadBytes > 0 &&
    flow.responderPayloadBytes > 0
  )
}

function describe(row: OddStory, isFinal: boolean): Detection {
  const { oddity, client, server, story } = row
  const { protocol, port } = oddity
  return {
    id: story.id,
    detector: 'odd-port',
    kind: oddity.kind,
    family: 'tunnel',
    severity: oddity.severity,
    confidence: confidenceOf(0.6, row.flows - 1, 8),
    attacker: server,
    victims: [client],
    host: client,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: row.lastUs,
    count: row.flows,
    summary: `${client} spoke ${protocol} with ${server} ${oddity.protocol === 'HTTP CONNECT' ? 'to reach port' : 'on port'} ${port}: ${counted(row.flows, 'flow')}, ${grouped(row.bytes)} bytes`,
    reasons: [
      { feature: 'oddPortFlows', value: row.flows, baseline: 0, weight: 0.7 },
      { feature: 'payloadBytes', value: row.bytes, baseline: null, weight: 0.3 },
    ],
    mitre: port === DNS_PORT ? ['T1572', 'T1571', 'T1071.004'] : ['T1572', 'T1571'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
