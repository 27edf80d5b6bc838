/** A fleet of 200 hosts over a real cluster of three nats-servers, run with the configuration that is shipped. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { FleetConfig } from '../../src/fleet/config.ts'
import {
  ordererDesk,
  writeCredentials,
  type OrderRequest,
  type TrackedOrder,
} from '../../src/fleet/index.ts'
import { ORDERER_HEADER, SIGNATURE_HEADER, signatureOf } from '../../src/fleet/orders/signature.ts'
import type { NatsSinkConfig } from '../../src/forward/sinks/nats/config.ts'
import { createNatsSink } from '../../src/forward/sinks/nats/index.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { until } from '../support/await-until.ts'
import { makeAuthority, type Authority, type Certificate } from '../support/certificates.ts'
import { sinkOf } from '../support/delivery/delivery.ts'
import {
  fleetOf,
  ordererKey,
  simulatedHost,
  type SimulatedHost,
} from '../support/response/fleet.ts'
import { startCluster, type NatsCluster } from '../support/delivery/nats/nats-cluster.ts'
import { event } from '../support/record.ts'

const names = Array.from({ length: 200 }, (_, index) => `web${index}`)
/** Of them, so many are in the group. */
const IN_GROUP = 50
/** Its own allowlist holds what is ordered first. */
const GUARDED = 'web7'
/** It is off until the end. */
const LATE = 'web199'
const early = names.filter((name) => name !== LATE)
/** How many come at once, as after a power cut by rack. */
const WAVE = 40

let folder: string
let authority: Authority
let certificates: Record<'server' | 'hosts', Certificate>
let cluster: NatsCluster
let desk: NonNullable<ReturnType<typeof ordererDesk>>
let soc: ReturnType<typeof ordererKey>
const hosts = new Map<string, SimulatedHost>()
const given: Record<string, TrackedOrder> = {}

const hostOf = (name: string): SimulatedHost => hosts.get(name)!
const seedFile = (name: string): string => join(folder, 'keys', `${name}.nk`)

function section(host: string, more: object = {}): FleetConfig {
  return fleetOf({
    ...{ host, servers: cluster.servers, nkeyFile: seedFile(host) },
    groups: names.indexOf(host) < IN_GROUP ? ['dmz'] : [],
    tls: { caFile: authority.caFile, ...certificates.hosts },
    // All 200 share this process, and their handshakes its processor.
    connectTimeoutMs: 30_000,
    orderers: [{ name: 'soc', publicKey: soc.publicKey }],
    ...more,
  })
}

function switchOn(name: string): void {
  const range = parseCidr('203.0.113.0/28')!
  const guarded = name === GUARDED ? [{ guard: 'allowlist' as const, range }] : []
  const facts = { minPrefix4: 16, minPrefix6: 48, guarded }
  hosts.set(name, simulatedHost(section(name), { facts }))
}

const order = (changes: Partial<OrderRequest>): Promise<TrackedOrder> =>
  desk.order({
    ...{ to: { kind: 'all' }, action: 'block', target: '192.0.2.7', by: 'local:1000' },
    ...{ direction: 'both', protocol: null, ports: [], ttlSeconds: 600, reason: 'scans the shop' },
    ...changes,
  })

/** Waits until nobody who is known and meant still has to answer. */
const answered = ({ id }: TrackedOrder): Promise<TrackedOrder> =>
  until(
    'every host has answered',
    async () => {
      const found = await desk.find(id)
      return found?.awaited.length === 0 ? found : null
    },
    { everyMs: 250 },
  )

/** Speaks to the servers with the NKey of a user, as whoever holds its seed can. */
async function connected(user: string) {
  const seed = await readFile(seedFile(user))
  const { caFile } = authority
  const { certificateFile: certFile, keyFile } = certificates.hosts
  return await connect({
    servers: cluster.servers.map((url) => url.slice('tls://'.length)),
    tls: { caFile, certFile, keyFile },
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed.toString().trim())),
  })
}

/** Puts a message into the stream of orders as a user. */
async function put(user: string, subject: string, payload: Uint8Array, signature: string) {
  const connection = await connected(user)
  const sent = headers()
  sent.set(ORDERER_HEADER, 'soc')
  sent.set(SIGNATURE_HEADER, signature)
  const publishing = jetstream(connection).publish(subject, payload, { headers: sent, retries: 0 })
  return await publishing.finally(() => connection.close())
}

async function storedOrder(sequence: number) {
  const connection = await connected('orderer')
  const { streams } = await jetstreamManager(connection)
  const found = await streams.getMessage('picket-prod-orders', { seq: sequence })
  await connection.close()
  return { payload: found!.data, signature: found!.header.get(SIGNATURE_HEADER) }
}

/** Kills the server that the stream of orders is led by. */
async function killLeader(): Promise<void> {
  const connection = await connected('orderer')
  const { streams } = await jetstreamManager(connection)
  const { cluster: raft } = await streams.info('picket-prod-orders')
  await connection.close()
  await cluster.kill(Number(raft!.leader!.at(-1)) - 1)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pk-fleet-'))
  authority = await makeAuthority(folder, 'ca')
  const server = await authority.issue('server', 'IP:127.0.0.1,DNS:localhost')
  certificates = { server, hosts: await authority.issue('hosts', 'DNS:hosts') }
  soc = ordererKey(folder, 'soc')
  const { usersFile } = writeCredentials(join(folder, 'keys'), 'prod', names)
  const { caFile } = authority
  cluster = await startCluster({ folder, caFile, certificate: server, usersFile })
  const orderer = { name: 'soc', keyFile: soc.keyFile }
  desk = ordererDesk(section('station', { nkeyFile: seedFile('orderer'), orderer }), systemClock)!
  const isSetUp = () => desk.setUp(3).then(() => true as const, () => null) // prettier-ignore
  await until('the cluster is up', isSetUp, { withinMs: 60_000 })
  for (let from = 0; from < early.length; from += WAVE) {
    early.slice(from, from + WAVE).forEach(switchOn)
    const areConnected = () =>
      [...hosts.values()].every(({ member }) => member.status().state === 'connected') || null
    await until('the hosts are connected', areConnected, { withinMs: 60_000, everyMs: 20 })
  }
}, 180_000)
afterAll(async () => {
  await Promise.all([...hosts.values()].map(({ member }) => member.stop()))
  await cluster.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('an order to the fleet', { timeout: 60_000 }, () => {
  it('is carried out once by every host, but where one of its own guards refuses', async () => {
    given['shortLived'] = await order({ target: '192.0.2.99', ttlSeconds: 1 })
    given['guarded'] = await order({ target: '203.0.113.5' })
    const { acknowledgements } = await answered(given['guarded'])
    expect(acknowledgements.map(({ host }) => host).sort()).toEqual([...early].sort())
    expect(acknowledgements.filter(({ outcome }) => outcome !== 'applied')).toMatchObject([
      {
        ...{ host: GUARDED, outcome: 'refused', guard: 'allowlist' },
        detail: 'it lies in 203.0.113.0/28, on the allowlist',
      },
    ])
    expect(await hostOf('web0').blocked()).toContain('203.0.113.5')
    expect(await hostOf(GUARDED).blocked()).not.toContain('203.0.113.5')
    expect(hostOf(GUARDED).told.map(({ kind }) => kind)).toEqual(['health.fleet-order-refused'])
  })

  it('goes to those alone that it is for', async () => {
    const group = await answered(await order({ to: { kind: 'group', name: 'dmz' } }))
    const one = await answered(
      await order({ to: { kind: 'host', name: 'web3' }, target: '192.0.2.8' }),
    )
    expect(group.acknowledgements).toHaveLength(IN_GROUP)
    expect(one.acknowledgements.map(({ host }) => host)).toEqual(['web3'])
    expect(await hostOf('web3').blocked()).toEqual(
      expect.arrayContaining(['192.0.2.7', '192.0.2.8']),
    )
    expect(await hostOf('web150').blocked()).not.toContain('192.0.2.7')
  })

  it('reaches every host although the server that leads is killed in the middle', async () => {
    const target = '198.51.100.0/24'
    await killLeader()
    given['kept'] = await order({ target })
    const { acknowledgements } = await answered(given['kept'])
    expect(new Set(acknowledgements.map(({ outcome }) => outcome))).toEqual(new Set(['applied']))
    for (const host of hosts.values()) expect(await host.blocked()).toContain(target)
    const lift = await answered(await order({ action: 'lift', target: '203.0.113.5' }))
    expect(lift.acknowledgements).toHaveLength(early.length)
    for (const host of hosts.values()) expect(await host.blocked()).not.toContain('203.0.113.5')
  })

  it('waits for a host that was off, if it is still in force by then', async () => {
    switchOn(LATE)
    const host = hostOf(LATE)
    await until('it has read them', async () => {
      const found = await desk.find(given['kept']!.id)
      return found!.acknowledgements.some((one) => one.host === LATE) || null
    })
    await until('it has lifted too', async () => (await host.blocked()).length === 1 || null)
    expect(await host.blocked()).toEqual(['198.51.100.0/24'])
    const { acknowledgements } = (await desk.find(given['shortLived']!.id))!
    const own = acknowledgements.find((one) => one.host === LATE)
    expect(own).toMatchObject({ outcome: 'refused', guard: 'expired' })
    expect((await desk.hosts()).map(({ host: name }) => name).sort()).toEqual([...names].sort())
  })
})

describe('whoever is no orderer', { timeout: 60_000 }, () => {
  it('cannot order with the key of a stolen host, nor answer for another or read its answers', async () => {
    const { payload, signature } = await storedOrder(1)
    const subject = 'picket.prod.orders.all'
    await expect(put('web1', subject, payload, signature)).rejects.toThrow(/[Pp]ermissions/)
    const other = `picket.prod.acks.web2.${given['kept']!.id}`
    await expect(put('web1', other, payload, signature)).rejects.toThrow(/[Pp]ermissions/)
  })

  it('is refused by every host even where the servers let it write: unsigned, forged and repeated', async () => {
    const before = await hostOf('web5').blocked()
    const { payload, signature } = await storedOrder(2)
    const text = new TextDecoder().decode(payload)
    expect(text).toContain('203.0.113.5')
    const foreign = new TextEncoder().encode(text.replace('203.0.113.5', '192.0.2.250'))
    const otherKey = generateKeyPairSync('ed25519').privateKey
    const subject = 'picket.prod.orders.all'
    await put('orderer', subject, foreign, '')
    await put('orderer', subject, foreign, signature)
    await put('orderer', subject, foreign, signatureOf(foreign, otherKey))
    await put('orderer', subject, payload, signature)
    await order({ target: '192.0.2.9' })
    for (const { member } of hosts.values()) {
      await until('all are seen to', () => member.status().orders.forged === 4 || null)
    }
    const { told, blocked, orders } = hostOf('web5')
    expect(told.map(({ kind }) => kind)).toEqual(Array(4).fill('health.fleet-order-forged'))
    expect(told.at(-1)!.summary).toMatch(/it repeats the order .*, which came before/)
    expect(orders.audit.filter(({ action }) => action === 'fleet.order-forged')).toHaveLength(4)
    const settled = async () => ((await blocked()).includes('192.0.2.9') ? true : null)
    await until('the order behind them is carried out', settled)
    expect(await blocked()).toEqual([...before, '192.0.2.9'].sort())
  })

  it('sends events up under its own name alone', async () => {
    const { servers, tls } = section('web1')
    const sink = (subject: string) =>
      createNatsSink(
        sinkOf({
          ...{ type: 'nats', servers, tls, nkeyFile: seedFile('web1'), subject },
          inboxPrefix: '_INBOX.picket.prod.web1',
          writeTimeoutMs: 2000,
        }) as NatsSinkConfig,
        { version: '0.1.0' },
      )
    const [own, other] = [sink('picket.prod.events.web1.{kind}'), sink('picket.prod.events.web2.{kind}')] // prettier-ignore
    const told = [event({ sequence: 7 })]
    const reach = () => own.send(told).then((receipt) => receipt.kind === 'accepted' || null)
    await until('one of the living servers has it', reach)
    const refused = () => other.send(told).then((receipt) => 'reason' in receipt && /[Pp]ermissions/.test(receipt.reason) || null) // prettier-ignore
    await until('the servers refuse it', refused)
    await own.close()
    await other.close()
  })
})
