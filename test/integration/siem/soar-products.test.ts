/** Cortex XSOAR's integration and Splunk SOAR's app, run as the products run them, against a running API. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { servedApi, type TestApi } from '../../support/api/api-server.ts'
import { startHttpCollector } from '../../support/delivery/http-collector.ts'
import { batchOf, flow, story, temporaryFolder } from '../../support/record.ts'
import { startPython } from '../../support/soar/python.ts'
import { INTEGRATION, runCommand, type Entry, type Instance } from '../../support/soar/xsoar.ts'

const ATTACKER = '203.0.113.9'
const PCAP_MAGIC = 0xa1b2c3d4

/** An agent that has seen something of the attacker, and who may ask and order. */
async function agent(): Promise<{ api: TestApi; instance: Instance; eventId: string }> {
  const api = await servedApi()
  const seen = story({
    attacker: ATTACKER,
    kind: 'bruteforce.ssh',
    family: 'bruteforce',
    severity: 9,
  })
  const [saved] = await api.record.events.save([seen], { forward: true })
  const evidence = { linkType: 1, packets: 1, records: new Uint8Array(20).fill(9) }
  await api.record.evidence.add([{ eventId: saved!.id, evidence }], 64)
  api.record.flows.append(batchOf(flow({ originator: ATTACKER, responderPort: 22 })))
  await api.record.flows.flush()
  const token = await api.token(['read', 'block'])
  return { api, instance: { url: api.url, token }, eventId: saved!.id }
}

const inForce = (api: TestApi) =>
  api.record.blocks.list({ limit: 10 }).items.map(({ target, reason }) => ({ target, reason }))

describe('the integration for Cortex XSOAR', () => {
  const one = async (instance: Instance, command: string, args: object = {}): Promise<Entry> => {
    const { entries } = await runCommand(instance, command, args)
    expect(entries).toHaveLength(1)
    return entries[0] as Entry
  }

  it('blocks, lists, asks what would be cut off, and lets in again', async () => {
    const { api, instance, eventId } = await agent()
    const order = { target: ATTACKER, ttl_seconds: '600', reason: 'incident 17', event_id: eventId }
    const block = await one(instance, 'picket-block-ip', {
      ...order,
      protocol: 'tcp',
      ports: '22, 2222',
      direction: 'in',
    })
    expect(block).toMatchObject({
      Type: 1,
      Contents: { target: ATTACKER, state: 'active', ports: [22, 2222], eventId },
      EntryContext: { 'Picket.Block(val.id && val.id == obj.id)': { target: ATTACKER } },
    })
    expect(inForce(api)).toEqual([{ target: ATTACKER, reason: 'incident 17' }])
    const listed = await one(instance, 'picket-list', { target: ATTACKER })
    expect(listed.Contents).toMatchObject([{ target: ATTACKER }])
    expect(listed.HumanReadable).toContain(`|${ATTACKER}|active|`)
    const simulated = await one(instance, 'picket-simulate', { target: ATTACKER })
    expect(simulated.Contents).toMatchObject({ target: ATTACKER, refusal: null })
    const lifted = await one(instance, 'picket-unblock', { target: ATTACKER })
    expect(lifted.Contents).toMatchObject([{ target: ATTACKER, state: 'lifted' }])
  })

  it('shows events, flows and packets, and says what an event was', async () => {
    const { instance, eventId } = await agent()
    const events = await one(instance, 'picket-get-events', {
      attacker: ATTACKER,
      min_severity: '9',
    })
    expect(events.Contents).toMatchObject([{ id: eventId, severity: 9 }])
    const flows = await one(instance, 'picket-get-flows', { address: ATTACKER, port: '22' })
    expect(flows.Contents).toMatchObject([{ originator: ATTACKER, responderPort: 22 }])
    const verdict = await one(instance, 'picket-give-verdict', {
      event_id: eventId,
      verdict: 'true-positive',
    })
    expect(verdict.Contents).toMatchObject({ eventId, verdict: 'true-positive' })
    const directory = await temporaryFolder()
    const { entries } = await runCommand(
      instance,
      'picket-get-evidence',
      { event_id: eventId },
      { directory },
    )
    expect(entries).toMatchObject([{ Type: 3, File: `picket-${eventId}.pcap` }])
    // Where XSOAR looks for a file entry's bytes: INVESTIGATION_FILEID.
    expect(readFileSync(join(directory, '17_a1b2')).readUInt32LE()).toBe(PCAP_MAGIC)
  })

  it('makes one incident of an event, whatever states it goes through, and of new ones alone', async () => {
    const { api, instance } = await agent()
    const first = { lastRun: { sequence: 1, events: [] } }
    const told = story({ severity: 9 })
    const again = { ...told, event: { ...told.event, count: 9999, summary: 'more of it' } }
    await api.record.events.save([told, story({ severity: 4 })], { forward: true })
    const second = await runCommand(instance, 'fetch-incidents', {}, { lastRun: first.lastRun })
    expect(second.incidents).toMatchObject([{ name: 'scan.vertical.syn: 192.0.2.7', severity: 4 }])
    await api.record.events.save([again], { forward: true })
    const third = await runCommand(instance, 'fetch-incidents', {}, { lastRun: second.lastRun })
    expect(third.incidents).toEqual([])
  })

  it('goes on with a log that was begun anew, whose numbers begin at 1 again', async () => {
    const { instance, eventId } = await agent()
    const lastRun = { sequence: 5000, events: [] }
    const { incidents } = await runCommand(instance, 'fetch-incidents', {}, { lastRun })
    expect(incidents).toMatchObject([{ dbotMirrorId: eventId }])
  })

  it('begins to fetch with what comes after it was switched on', async () => {
    const asked: string[] = []
    const server = createServer((request, answer) => {
      asked.push(request.url!)
      const health = { status: 'ok', record: { lastSequence: 41 } }
      const body = request.url === '/v1/health' ? health : { items: [], nextCursor: null }
      answer.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const instance = { url: `http://127.0.0.1:${port}`, token: 'pkt_a_b' }
    const { incidents, lastRun } = await runCommand(instance, 'fetch-incidents')
    expect([incidents, lastRun]).toEqual([[], { sequence: 41, events: [] }])
    expect(asked).toEqual(['/v1/health', '/v1/events?fromSequence=42&limit=50'])
  })

  it('carries its token to nobody else where it is redirected', async () => {
    const thief = await startHttpCollector({ answer: () => ({ status: 200, body: {} }) })
    const headers = { location: `${thief.url}/v1/blocks` }
    const led = await startHttpCollector({ answer: () => ({ status: 302, headers, body: '' }) })
    const entry = await one({ url: led.url, token: 'pkt_a_b' }, 'picket-list')
    expect(entry).toMatchObject({ Type: 4, Contents: expect.stringContaining('302') as string })
    expect(thief.asked).toEqual([])
  })

  it('blocks ranges of ports as the agent takes them', async () => {
    const { instance } = await agent()
    const order = { target: ATTACKER, protocol: 'tcp', ports: '22,8000-8100' }
    const block = await one(instance, 'picket-block-ip', order)
    expect(block.Contents).toMatchObject({ ports: [22, '8000-8100'] })
  })

  it.each([429, 503])('asks again after a %i when the agent says when', async (status) => {
    let asked = 0
    const server = await startHttpCollector({
      answer: () => {
        asked += 1
        const headers = { 'content-type': 'application/json', 'retry-after': '1' }
        const body = { items: [], nextCursor: null }
        return asked > 1 ? { status: 200, headers, body } : { status, headers, body: {} }
      },
    })
    const entry = await one({ url: server.url, token: 'pkt_a_b' }, 'picket-list')
    expect([entry.Type, asked]).toEqual([1, 2])
  })

  it('gives up in the words of the agent where it is to wait for longer than a playbook may', async () => {
    const body = { title: 'Too many requests', hint: 'ask less often' }
    const headers = { 'retry-after': '3600' }
    const server = await startHttpCollector({ answer: () => ({ status: 429, headers, body }) })
    const entry = await one({ url: server.url, token: 'pkt_a_b' }, 'picket-list')
    const Contents = 'Too many requests; hint: ask less often'
    expect([entry, server.asked.length]).toMatchObject([{ Type: 4, Contents }, 1])
  })

  it('says that it is not the agent who answers', async () => {
    const headers = { 'content-type': 'text/html' }
    const body = '<h1>Log in</h1>'
    const server = await startHttpCollector({ answer: () => ({ status: 200, headers, body }) })
    const entry = await one({ url: server.url, token: 'pkt_a_b' }, 'picket-list')
    const words = expect.stringContaining('somebody else answers than Picket') as string
    expect(entry).toMatchObject({ Type: 4, Contents: words })
  })

  it('says that an answer broke off', async () => {
    const server = createServer((_, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      answer.write('{"items":', () => answer.destroy())
    })
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const instance = { url: `http://127.0.0.1:${port}`, token: 'pkt_a_b' }
    expect(await one(instance, 'picket-list')).toMatchObject({
      Type: 4,
      Contents: expect.stringContaining('could not be asked') as string,
    })
  })

  it.each([
    ['what a guard refuses', 'picket-block-ip', { target: '127.0.0.1' }, /special|loopback/],
    ['what is no address', 'picket-block-ip', { target: 'host.example.org' }, /target/],
    [
      'what is no number',
      'picket-block-ip',
      { target: ATTACKER, ttl_seconds: 'soon' },
      /ttl_seconds is 'soon'/,
    ],
    ['how many to list, where that is none', 'picket-list', { limit: '0' }, /limit is 0/],
    ['an unblock of nothing in particular', 'picket-unblock', {}, /name a target/],
  ])('says in the words of the agent why it does not do %s', async (_, command, args, words) => {
    const { api, instance } = await agent()
    const entry = await one(instance, command, args)
    expect(entry).toMatchObject({ Type: 4, Contents: expect.stringMatching(words) as string })
    expect(inForce(api)).toEqual([])
  })

  it('tests a connection: good, with a bad token, and where nobody answers', async () => {
    const { instance } = await agent()
    expect((await runCommand(instance, 'test-module')).entries).toEqual(['ok'])
    const bad = await one({ ...instance, token: 'pkt_none_none' }, 'test-module')
    expect(bad).toMatchObject({ Type: 4, Contents: expect.stringContaining('token') as string })
    const nowhere = await one({ ...instance, url: 'http://127.0.0.1:1' }, 'test-module')
    expect(nowhere).toMatchObject({
      Type: 4,
      Contents: expect.stringContaining('could not be asked') as string,
    })
  })

  it('documents every command and argument that it takes', () => {
    const program = readFileSync(packagedFile('deploy/soar/cortex-xsoar/Picket.py'), 'utf8')
    const { commands } = INTEGRATION.script
    for (const { name, arguments: taken } of commands) {
      expect(program).toContain(`"${name}":`)
      for (const argument of taken) expect(program).toContain(`"${argument.name}"`)
    }
    expect(program.match(/"picket-[a-z-]+":/g)).toHaveLength(commands.length)
  })
})

interface AppResult {
  readonly status: boolean
  readonly message: string
  readonly data: readonly object[]
  readonly summary: object
}
interface AppManifest {
  readonly configuration: object
  readonly actions: readonly {
    readonly action: string
    readonly identifier: string
    readonly parameters: Readonly<Record<string, { required: boolean }>>
  }[]
}

describe('the app for Splunk SOAR', () => {
  /** Packs it as its README says, and unpacks it as the product does. */
  async function installed(): Promise<string> {
    const folder = await temporaryFolder()
    const soar = packagedFile('deploy/soar')
    const pack = ['-czf', join(folder, 'picket.tgz'), '-C', soar, 'splunk-soar', 'picket_client.py']
    const names = ['--transform', 's,^splunk-soar,picket,;s,^picket_client,picket/picket_client,']
    await promisify(execFile)('tar', [...names, ...pack])
    await promisify(execFile)('tar', ['-xzf', join(folder, 'picket.tgz'), '-C', folder])
    return folder
  }

  it('does each of its actions, and says why it could not', async () => {
    const { api, instance, eventId } = await agent()
    const folder = await installed()
    const vault = join(folder, 'vaulted.pcap')
    const config = { ...instance, verify_server_cert: true }
    const app = startPython('run-app.py', join(folder, 'picket'), vault)
    onTestFinished(() => app.close())
    const act = (identifier: string, parameters: object = {}) =>
      app.run<AppResult>({ config, identifier, parameters })

    expect(await act('test_connectivity')).toMatchObject({
      status: true,
      message: 'Test Connectivity Passed',
    })
    expect(
      await act('block_ip', { target: ATTACKER, ttl_seconds: 600, event_id: eventId }),
    ).toMatchObject({
      ...{
        status: true,
        message: `${ATTACKER} is blocked (active)`,
        data: [{ target: ATTACKER, eventId }],
      },
    })
    expect(inForce(api)).toEqual([{ target: ATTACKER, reason: 'ordered by Splunk SOAR' }])
    expect(await act('list_blocks', { target: ATTACKER })).toMatchObject({ summary: { found: 1 } })
    const simulated = await act('simulate_block', { target: ATTACKER })
    expect(simulated.summary).toEqual({
      flows: expect.any(Number) as number,
      open_connections: 0,
      would_be_refused: false,
    })
    expect(await act('get_events', { address: ATTACKER })).toMatchObject({
      data: [{ id: eventId }],
    })
    expect(await act('get_flows', { address: ATTACKER })).toMatchObject({
      data: [{ originator: ATTACKER }],
    })
    expect(await act('get_evidence', { event_id: eventId })).toMatchObject({
      data: [{ vault_id: `vault:picket-${eventId}.pcap`, size: 44 }],
    })
    expect(readFileSync(vault).readUInt32LE()).toBe(PCAP_MAGIC)
    const judged = { event_id: eventId, verdict: 'false-positive', reason: 'ours' }
    expect(await act('give_verdict', judged)).toMatchObject({
      data: [{ verdict: 'false-positive' }],
    })
    expect(await act('unblock_ip', { target: ATTACKER })).toMatchObject({
      data: [{ state: 'lifted' }],
    })
    const refused = await act('block_ip', { target: '127.0.0.1' })
    expect(refused).toMatchObject({
      status: false,
      message: expect.stringContaining('refused') as string,
    })
  })

  it('has in its manifest the actions and parameters that the connector takes', () => {
    const soar = packagedFile('deploy/soar/splunk-soar')
    const manifest = JSON.parse(readFileSync(join(soar, 'picket.json'), 'utf8')) as AppManifest
    const connector = readFileSync(join(soar, 'picket_connector.py'), 'utf8')
    for (const { identifier, parameters } of manifest.actions) {
      expect(connector).toContain(`def _${identifier}(`)
      for (const name of Object.keys(parameters)) expect(connector).toContain(`"${name}"`)
    }
    for (const name of Object.keys(manifest.configuration)) expect(connector).toContain(`"${name}"`)
  })
})
