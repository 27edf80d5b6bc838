/**
 * Detects a false DHCP server: two servers answer one client, and name another router or resolver.
 *
 * Servers in failover give out the same; PXE services give no address. Which of two is false is known only
 * where one had given leases before the other came, or where one alone names itself as the router.
 * Source: RFC 2131 §3.1; ettercap's dhcp mode, Responder, yersinia. DHCPv6 is another file's.
 */
import type { DhcpMessage, LiveFlow } from '../../../flow/flow.ts'
import { APPLICATIONS } from '../../../flow/index.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { CappedTable } from '../state/tables/capped-table.ts'
import { addressHash } from '../state/packet-address.ts'
import { mix, pairKey } from '../state/pair-key.ts'
import type { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import { parseAddress } from '../../../net/address.ts'
import type { DhcpSpoofingConfig } from './config.ts'
import type { Stories } from '../state/stories.ts'
import { type Telling } from '../state/stories.ts'
import { spoofingStories } from './spoofing-stories.ts'

const DHCP = APPLICATIONS.indexOf('dhcp')
const MAX_CLIENTS = 1024
const MAX_SERVERS = 256
const MAX_STORIES = 64
/** Offers to one question come within seconds. */
const SAME_EXCHANGE_US = 5e6

interface Given extends Row {
  readonly message: DhcpMessage
}

interface Server extends Row {
  readonly firstUs: number
  /** When it first gave a lease; Infinity until then. */
  leasedUs: number
}

interface FalseServer {
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  readonly one: DhcpMessage
  readonly other: DhcpMessage
  readonly attacker: string | null
  readonly severity: number
  readonly clients: Set<string>
}

const HEARS = ['dhcp'] as const

export class DhcpServers implements Detector {
  readonly name = 'dhcp-servers'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #clients = new CappedTable<Given>(MAX_CLIENTS)
  readonly #servers = new CappedTable<Server>(MAX_SERVERS)
  readonly #stories: Stories<FalseServer>

  constructor(config: DhcpSpoofingConfig, emit: Emit) {
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#clients, this.#servers]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (flow.application !== DHCP) return
    if (fact.message !== 'offer' && fact.message !== 'ack') return
    if (fact.serverId === null || fact.address === null) return
    const nowUs = flow.lastUs
    const client = pairKey(textHash(fact.clientMac), flow.vlan, 1)
    const before = this.#clients.get(client)
    if (before !== undefined && nowUs - before.lastUs <= SAME_EXCHANGE_US) {
      this.#compare(before.message, fact, flow)
    }
    this.#clients.set(client, { message: fact, lastUs: nowUs })
    this.#noteServer(fact, flow)
  }

  #compare(one: DhcpMessage, other: DhcpMessage, flow: LiveFlow): void {
    const severity = severityOf(one, other)
    if (severity === 0) return
    const nowUs = flow.lastUs
    const key = textHash(one.serverId!) ^ textHash(other.serverId!)
    const row =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        firstUs: nowUs,
        lastUs: nowUs,
        count: 0,
        story: null,
        one,
        other,
        severity,
        attacker: this.#falseOf(one, other, flow),
        clients: new Set(),
      })
    row.lastUs = Math.max(row.lastUs, nowUs)
    row.count += 1
    if (row.clients.size < 16 && other.address !== null) row.clients.add(other.address)
    this.#stories.tell(row, nowUs)
  }

  /** Who had given a lease before the other was ever heard is the true one. */
  #falseOf(one: DhcpMessage, other: DhcpMessage, flow: LiveFlow): string | null {
    if (one.serverId === other.serverId) return null
    const first = this.#servers.get(serverKey(one, flow))
    const second = this.#servers.get(serverKey(other, flow))
    const nowUs = flow.lastUs
    // The true one may be the slower of the two: it looks first whether the address is free.
    const before = (server: Server | undefined): number =>
      (server?.firstUs ?? nowUs) - SAME_EXCHANGE_US
    if ((first?.leasedUs ?? Infinity) < before(second)) return other.serverId
    if ((second?.leasedUs ?? Infinity) < before(first)) return one.serverId
    const selfish = [one, other].filter((message) => message.router === message.serverId)
    return selfish.length === 1 ? selfish[0]!.serverId : null
  }

  #noteServer(fact: DhcpMessage, flow: LiveFlow): void {
    const nowUs = flow.lastUs
    const key = serverKey(fact, flow)
    let server = this.#servers.get(key)
    if (server === undefined) {
      server = { firstUs: nowUs, lastUs: nowUs, leasedUs: Infinity }
      this.#servers.set(key, server)
    }
    server.lastUs = nowUs
    if (fact.message === 'ack') server.leasedUs = Math.min(server.leasedUs, nowUs)
  }
}

function serverKey(message: DhcpMessage, flow: LiveFlow): number {
  return pairKey(textHash(message.serverId!), flow.vlan, 2)
}

/** 0 where the two say the same; resolvers alone may differ between servers that each name themselves first. */
function severityOf(one: DhcpMessage, other: DhcpMessage): number {
  const router = differs(one.router, other.router)
  const resolver = differs(one.dnsServer, other.dnsServer)
  if (!router && !resolver) return 0
  if (one.serverId === other.serverId) return 6
  return router ? 5 : 3
}

function differs(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other
}

function textHash(text: string): number {
  const address = parseAddress(text)
  if (address !== null) return addressHash(address)
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at))
  return hash
}

function tell(row: FalseServer): Telling {
  const { one, other, attacker, count } = row
  const says = ({ serverId, router, dnsServer }: DhcpMessage): string =>
    `${serverId} (router ${router ?? 'none'}, resolver ${dnsServer ?? 'none'})`
  return {
    kind: 'spoofing.dhcp',
    severity: row.severity,
    confidence: confidenceOf(row.severity < 4 ? 0.4 : 0.8, count - 1, 2),
    attacker,
    victims: [...row.clients],
    summary: `${counted(count, 'client exchange')} in ${spanOf(row.lastUs - row.firstUs)} answered twice and differently: by ${says(one)} and by ${says(other)}`,
    reasons: [
      { feature: 'router', value: other.router ?? 'none', baseline: one.router, weight: 0.5 },
      {
        feature: 'dnsServer',
        value: other.dnsServer ?? 'none',
        baseline: one.dnsServer,
        weight: 0.3,
      },
      { feature: 'conflictingAnswers', value: count, baseline: 0, weight: 0.2 },
    ],
    mitre: ['T1557.003'],
  }
}
