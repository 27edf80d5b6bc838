/** One host of a fleet and a real nats-server: what happens when the bus is not as it should be, or is lost. */
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { ordererDesk, type OrderRequest } from '../../src/fleet/index.ts'
import { until } from '../support/await-until.ts'
import { fleetOf, MemoryFleetOrders, ordererKey, simulatedHost } from '../support/response/fleet.ts'
import { run, runWith } from '../support/memory-terminal.ts'
import { startNats } from '../support/delivery/nats/nats-server.ts'
import { temporaryFolder } from '../support/record.ts'

const request: OrderRequest = {
  ...{ to: { kind: 'all' }, action: 'block', target: '192.0.2.7', by: 'local:1000' },
  ...{ direction: 'both', protocol: null, ports: [], ttlSeconds: 600, reason: null },
}

async function bus() {
  const folder = await temporaryFolder()
  const nats = await startNats({ folder })
  const key = ordererKey(folder, 'soc')
  const section = {
    ...{ host: 'web1', servers: [`nats://127.0.0.1:${nats.port}`] },
    orderers: [{ name: 'soc', publicKey: key.publicKey }],
    orderer: { name: 'soc', keyFile: key.keyFile },
  }
  const config = fleetOf(section)
  const desk = ordererDesk(config, systemClock)!
  const switchOn = (orders = new MemoryFleetOrders()) => {
    const host = simulatedHost(config, { orders })
    onTestFinished(() => host.member.stop())
    return host
  }
  return { folder, nats, section, desk, switchOn }
}

type Host = ReturnType<typeof simulatedHost>
const connected = ({ member }: Host) =>
  until('it is connected', () => member.status().state === 'connected' || null, { everyMs: 20 })
const blocks = (host: Host, target: string) =>
  until(`it blocks ${target}`, async () => (await host.blocked()).includes(target) || null, {
    everyMs: 20,
  })
/** The block stands before it is written down what came of the order. */
const hasReadTo = ({ member }: Host, position: number) =>
  until(`it has read to ${position}`, () => member.status().position === position || null, {
    everyMs: 20,
  })

describe('a host of a fleet', () => {
  it('says what is missing while there is no stream, and follows it once it is there', async () => {
    const { desk, switchOn } = await bus()
    const host = switchOn()
    const complaint = await until('it complains', () => host.member.status().lastError)
    expect(complaint).toBe(
      'the fleet prod has no stream of orders here; picket fleet setup makes it',
    )
    await desk.setUp(1)
    await desk.order(request)
    await blocks(host, '192.0.2.7')
    await hasReadTo(host, 1)
    expect(host.member.status()).toMatchObject({
      ...{ fleet: 'prod', host: 'web1', state: 'connected', position: 1, lastError: null },
      orders: { applied: 1, refused: 0, failed: 0, forged: 0 },
    })
  })

  it('keeps its blocks while the server is gone, and goes on where it was when it comes back', async () => {
    const { nats, desk, switchOn } = await bus()
    await desk.setUp(1)
    const host = switchOn()
    await desk.order(request)
    await blocks(host, '192.0.2.7')
    await nats.kill()
    await until('it notices', () => host.member.status().lastError, { everyMs: 20 })
    expect(await host.blocked()).toEqual(['192.0.2.7'])
    await nats.start()
    await desk.order({ ...request, target: '192.0.2.8' })
    await blocks(host, '192.0.2.8')
    await hasReadTo(host, 2)
    expect(host.orders.audit).toHaveLength(4)
  })

  it('reads a stream from its beginning that was made anew, and does nothing twice', async () => {
    const { nats, desk, switchOn } = await bus()
    await desk.setUp(1)
    const before = switchOn()
    await desk.order(request)
    await blocks(before, '192.0.2.7')
    await hasReadTo(before, 1)
    await before.member.stop()
    const connection = await connect({ servers: `127.0.0.1:${nats.port}` })
    await (await jetstreamManager(connection)).streams.delete('picket-prod-orders')
    await connection.close()
    await desk.setUp(1)
    await desk.order({ ...request, target: '192.0.2.8' })
    const after = switchOn(before.orders)
    await blocks(after, '192.0.2.8')
    await hasReadTo(after, 1)
    expect(await after.blocked()).toEqual(['192.0.2.8'])
    expect(after.member.status()).toMatchObject({ position: 1, orders: { applied: 1, forged: 0 } })
  })
})

describe('picket fleet', () => {
  it('gives orders, tells what hosts made of them, and lists hosts, on a machine without an agent', async () => {
    const { folder, section, switchOn } = await bus()
    const variables = Object.entries({ ...section, name: 'prod' }).map(
      ([name, value]) => [`PICKET__FLEET__${name.toUpperCase()}`, value] as const,
    )
    const environment = Object.fromEntries(
      variables.map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
    const picket = (...argv: string[]) =>
      runWith(environment, 'fleet', ...argv, '--json', '--data-dir', `${folder}/none`)
    expect(await picket('setup', '--replicas', '1')).toMatchObject({ exitCode: 0, err: '' })
    const host = switchOn()
    await connected(host)
    const ordered = await picket('block', '192.0.2.7', '127.0.0.1', '--ttl', '10m', '--wait', '9s')
    expect(ordered).toMatchObject({ exitCode: 0, err: expect.stringContaining('web1 refused 127.0.0.1: it is loopback') as string }) // prettier-ignore
    expect(ordered.json).toMatchObject([
      { target: '192.0.2.7', acknowledgements: [{ host: 'web1', outcome: 'applied' }] },
      { target: '127.0.0.1', acknowledgements: [{ outcome: 'refused', guard: 'special-range' }] },
    ])
    await picket('unblock', '192.0.2.0/24', '--wait', '9s')
    expect(await host.blocked()).toEqual([])
    const listed = await picket('orders')
    expect(listed.json).toMatchObject([{ action: 'lift' }, { target: '127.0.0.1' }, {}])
    const { id } = listed.json[0] as { id: string }
    expect((await picket('orders', id)).json).toMatchObject([
      { id, acknowledgements: [{ detail: 'blocks lifted: 1' }] },
    ])
    expect((await picket('status')).json).toMatchObject([{ host: 'web1', version: '0.1.0' }])
  })

  it('orders nothing where nobody may, and says what is to be configured', async () => {
    const folder = await temporaryFolder()
    const { exitCode, err } = await run('fleet', 'block', '192.0.2.7', '--data-dir', folder)
    expect([exitCode, err]).toEqual([
      1,
      'picket: the fleet is not ordered from this machine\nhint: set fleet.name, fleet.servers and fleet.orderer in the configuration\n',
    ])
  })

  it('makes no users of a fleet that has no name, and says what is to be configured for it', async () => {
    const folder = await temporaryFolder()
    const { exitCode, err } = await run('fleet', 'credentials', join(folder, 'keys'), 'web1')
    expect(exitCode).toBe(1)
    expect(err).toContain('fleet.name is not set')
    expect(err).toContain('hint: set fleet.name and fleet.servers in the configuration')
  })
})
