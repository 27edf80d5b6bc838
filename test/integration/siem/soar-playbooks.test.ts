/** The playbooks of Cortex XSOAR, n8n and Shuffle, walked from end to end against running APIs. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { servedApi, type TestApi } from '../../support/api/api-server.ts'
import { batchOf, flow, story, temporaryFolder } from '../../support/record.ts'
import { runWorkflow, type Workflow } from '../../support/soar/n8n.ts'
import { runShuffle, type ShuffleWorkflow } from '../../support/soar/shuffle.ts'
import {
  INTEGRATION,
  walkPlaybook,
  type Instance,
  type Playbook,
} from '../../support/soar/xsoar.ts'

const ATTACKER = '203.0.113.9'
/** A guard refuses it: the API's own host, as far as the guards know. */
const OWN_ADDRESS = '198.51.100.1'

interface Agent extends Instance {
  readonly api: TestApi
  readonly eventId: string
}

/** An agent that saw the attacker guess passwords, in vain or not. */
async function agent(severity = 6): Promise<Agent> {
  const api = await servedApi()
  const seen = story({ attacker: ATTACKER, kind: 'bruteforce.ssh', family: 'bruteforce', severity })
  const [saved] = await api.record.events.save([seen], { forward: true })
  const token = await api.token(['read', 'block'])
  return { api, eventId: saved!.id, url: api.url, token }
}

const targets = ({ api }: Agent): string[] =>
  api.record.blocks.list({ limit: 10, state: 'active' }).items.map(({ target }) => target)

async function verdictOf({ api, token, eventId }: Agent): Promise<unknown> {
  return (await api.call('GET', `/v1/events/${eventId}/verdict`, { token })).body
}

const xsoar = packagedFile('deploy/soar/cortex-xsoar/playbooks')
const playbook = (name: string): Playbook =>
  parse(readFileSync(`${xsoar}/playbook-Picket_-_${name}.yml`, 'utf8')) as Playbook

/** What the product's own schema of playbooks demands of each task. */
const TASK = ['id', 'taskid', 'type', 'task', 'view']
const INNER_TASK = ['id', 'version', 'name', 'description', 'iscommand', 'brand']

describe('the playbooks of Cortex XSOAR', () => {
  const files = readdirSync(xsoar).filter((name) => name.startsWith('playbook-'))
  it.each(files)(
    '%s leads from every task to another or to an end, by commands that are there',
    (file) => {
      const { tasks } = parse(readFileSync(`${xsoar}/${file}`, 'utf8')) as Playbook
      const commands = new Map(
        INTEGRATION.script.commands.map(({ name, arguments: taken }) => [
          name,
          taken.map((one) => one.name),
        ]),
      )
      for (const [id, one] of Object.entries(tasks)) {
        expect(one).toMatchObject({ id, taskid: one.task.id })
        for (const key of TASK) expect(one).toHaveProperty(key)
        for (const key of INNER_TASK) expect(one.task).toHaveProperty(key)
        const { type, task, nexttasks, scriptarguments = {} } = one
        for (const [next] of Object.values(nexttasks ?? {})) expect(tasks).toHaveProperty(next!)
        expect(nexttasks === undefined).toBe(type === 'title')
        const command = task.script?.replace('|||', '')
        if (command === undefined || command === 'send-mail') continue
        const taken = [...(commands.get(command) ?? []), 'using']
        for (const argument of Object.keys(scriptarguments)) expect(taken).toContain(argument)
      }
    },
  )

  it('contain a scanner, and leave to its guard whom a guard protects', async () => {
    const web = await agent()
    const inputs = { attacker: ATTACKER, instance: 'web', event_id: web.eventId }
    const { done } = await walkPlaybook(playbook('Contain_Scanner'), inputs, { web })
    expect(done.at(-1)).toBe('Contained')
    expect(targets(web)).toEqual([ATTACKER])
    const own = await walkPlaybook(
      playbook('Contain_Scanner'),
      { ...inputs, attacker: OWN_ADDRESS },
      { web },
    )
    expect(own.done.at(-1)).toBe('Not blocked; a guard says why')
    expect(targets(web)).toEqual([ATTACKER])
  })

  it.each([
    [6, 'Somebody guessed passwords, and is blocked'],
    [9, 'A password was guessed: change it now'],
  ])('contain a brute force of severity %i, and tell the owner: %s', async (severity, subject) => {
    const web = await agent(severity)
    const inputs = {
      attacker: ATTACKER,
      event_id: web.eventId,
      instance: 'web',
      owner: 'owner@example.org',
    }
    const directory = await temporaryFolder()
    const { done, mails } = await walkPlaybook(
      playbook('Contain_Brute_Force'),
      inputs,
      { web },
      { directory },
    )
    expect(done.at(-1)).toBe('Contained')
    expect(mails).toMatchObject([{ to: 'owner@example.org', subject }])
    expect(mails[0]!['body']).toContain(ATTACKER)
    expect(targets(web)).toEqual([ATTACKER])
    expect(await verdictOf(web)).toMatchObject({ verdict: 'true-positive' })
  })

  it('hunt an indicator at every agent, and block nobody until a person says so', async () => {
    const [web, db] = [await agent(), await agent()]
    db.api.record.flows.append(batchOf(flow({ originator: ATTACKER })))
    await db.api.record.flows.flush()
    const hunt = playbook('Hunt_Indicator')
    const looked = await walkPlaybook(hunt, { address: ATTACKER }, { web, db })
    expect(looked.done.at(-1)).toBe('Look at what was found')
    expect(looked.context['Picket.Flow']).toMatchObject([{ originator: ATTACKER }])
    expect(looked.context['Picket.Event']).toHaveLength(2)
    expect([targets(web), targets(db)]).toEqual([[], []])
    await walkPlaybook(hunt, { address: ATTACKER }, { web, db }, { isAnswered: true })
    expect([targets(web), targets(db)]).toEqual([[ATTACKER], [ATTACKER]])
    const nowhere = await walkPlaybook(hunt, { domain: 'nowhere.example.org' }, { web, db })
    expect(nowhere.done.at(-1)).toBe('Nowhere')
  })

  it('lift what an incident left, at every agent, and say that it was none', async () => {
    const [web, db] = [await agent(), await agent()]
    await walkPlaybook(
      playbook('Hunt_Indicator'),
      { address: ATTACKER },
      { web, db },
      { isAnswered: true },
    )
    const inputs = { target: ATTACKER, event_id: web.eventId, instance: 'web' }
    const { done } = await walkPlaybook(playbook('Lift_After_Incident'), inputs, { web, db })
    expect(done.at(-1)).toBe('Lifted')
    expect([targets(web), targets(db)]).toEqual([[], []])
    expect(await verdictOf(web)).toMatchObject({
      verdict: 'false-positive',
      reason: 'found harmless',
    })
  })
})

/** Stands before an agent, and answers the first request for each path as one that has too much to do. */
async function busyAtFirst({ url }: Agent): Promise<{ url: string; refused: string[] }> {
  const refused: string[] = []
  const server = createServer((request, response) => {
    const path = request.url!
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (refused.includes(path)) return void passOn(Buffer.concat(chunks))
      refused.push(path)
      response.writeHead(503, { 'Retry-After': '1' }).end('{"detail":"too much to do"}')
    })
    const passOn = async (body: Buffer): Promise<void> => {
      const headers = { authorization: request.headers.authorization!, 'content-type': 'application/json' } // prettier-ignore
      const answer = await fetch(`${url}${path}`, { method: request.method!, headers, body })
      response.writeHead(answer.status).end(await answer.text())
    }
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refused }
}

const n8n = packagedFile('deploy/soar/n8n')
const workflow = (name: string): Workflow =>
  JSON.parse(readFileSync(`${n8n}/${name}.json`, 'utf8')) as Workflow

describe('the workflows of n8n', () => {
  const one = (web: Agent) => ({
    settings: { agents: { 'web-1': web.url }, ttlSeconds: 600, from: 'soc@example.org' },
    authorization: `Bearer ${web.token}`,
  })

  it.each(readdirSync(n8n))('%s connects only nodes that it has, and holds no secret', (file) => {
    const text = readFileSync(`${n8n}/${file}`, 'utf8')
    const { nodes, connections } = JSON.parse(text) as Workflow
    const names = nodes.map(({ name }) => name)
    const reached = Object.values(connections).flatMap(({ main }) =>
      main.flat().map(({ node }) => node),
    )
    for (const name of [...Object.keys(connections), ...reached]) expect(names).toContain(name)
    expect(new Set(reached).size).toBe(names.length - 1)
    expect(text).not.toMatch(/pkt_|Bearer/)
  })

  it('contain a scanner, leave to a person whom a guard protects, and ask only agents that are known', async () => {
    const web = await agent()
    const order = { host: 'web-1', attacker: ATTACKER, eventId: web.eventId }
    const run = (body: object) => runWorkflow(workflow('contain-scanner'), body, one(web))
    expect((await run(order)).answers).toMatchObject([
      { outcome: 'blocked', block: { target: ATTACKER } },
    ])
    expect(targets(web)).toEqual([ATTACKER])
    const own = await run({ ...order, attacker: OWN_ADDRESS })
    expect(own.answers).toMatchObject([
      { outcome: 'left', simulation: { refusal: { guard: 'own-address' } } },
    ])
    const elsewhere = await run({ ...order, host: 'https://evil.example.org' })
    expect(elsewhere.answers).toEqual([{ outcome: 'unknown-agent' }])
    expect(elsewhere.ran).not.toContain('Simulate')
  })

  it('try again where an agent has too much to do', async () => {
    const web = await agent()
    const busy = await busyAtFirst(web)
    const order = { host: 'web-1', attacker: ATTACKER, eventId: web.eventId }
    const { answers } = await runWorkflow(workflow('contain-scanner'), order, one({ ...web, url: busy.url })) // prettier-ignore
    expect(answers).toMatchObject([{ outcome: 'blocked', block: { target: ATTACKER } }])
    expect(busy.refused).toEqual(['/v1/blocks/simulate', '/v1/blocks'])
  })

  it.each(readdirSync(n8n))('%s asks for no more tries and pauses than n8n gives', (file) => {
    const { nodes } = workflow(file.replace('.json', ''))
    const asking = nodes.filter(({ type, onError }) => type.endsWith('httpRequest') && !onError)
    for (const node of asking) {
      expect(node).toMatchObject({ retryOnFail: true, maxTries: 4, waitBetweenTries: 5000 })
    }
  })

  it.each([
    [6, false, 'Warning'],
    [9, true, 'Alarm'],
  ])('contain a brute force of severity %i and warn the owner', async (severity, granted, node) => {
    const web = await agent(severity)
    const body = {
      host: 'web-1',
      attacker: ATTACKER,
      eventId: web.eventId,
      owner: 'owner@example.org',
    }
    const { answers, mails, ran } = await runWorkflow(
      workflow('contain-brute-force'),
      body,
      one(web),
    )
    expect(answers).toEqual([{ outcome: 'blocked', granted }])
    expect(ran).toContain(node)
    expect(mails).toMatchObject([
      { to: 'owner@example.org', text: expect.stringContaining(ATTACKER) as string },
    ])
    expect(await verdictOf(web)).toMatchObject({ verdict: 'true-positive' })
  })

  it('hunt an indicator at every agent, and go on where one does not answer well', async () => {
    const [web, db] = [await agent(), await agent()]
    web.api.record.flows.append(batchOf(flow({ originator: ATTACKER })))
    await web.api.record.flows.flush()
    const agents = [
      { host: 'web-1', url: web.url },
      // The token is that of the other.
      { host: 'db-1', url: db.url },
    ]
    const options = { settings: { agents }, authorization: `Bearer ${web.token}` }
    const { answers } = await runWorkflow(
      workflow('hunt-indicator'),
      { address: ATTACKER },
      options,
    )
    expect(answers).toMatchObject([
      { host: 'web-1', flows: [{ originator: ATTACKER }], fault: null },
      { host: 'db-1', flows: null, fault: { status: 401 } },
    ])
    const nothing = await runWorkflow(workflow('hunt-indicator'), {}, options)
    expect(nothing.answers).toEqual([{ outcome: 'no-indicator' }])
  })

  it('lift what an incident left, and never all because no target was named', async () => {
    const web = await agent()
    for (const target of [ATTACKER, '203.0.113.77']) {
      await web.api.call('POST', '/v1/blocks', { token: web.token, body: { target } })
    }
    const options = {
      settings: { agents: [{ host: 'web-1', url: web.url }] },
      authorization: `Bearer ${web.token}`,
    }
    const run = (body: object) => runWorkflow(workflow('lift-after-incident'), body, options)
    expect((await run({})).answers).toEqual([{ outcome: 'no-target' }])
    expect(targets(web)).toHaveLength(2)
    expect((await run({ target: ATTACKER })).answers).toMatchObject([
      { host: 'web-1', lifted: [{ target: ATTACKER }], left: [], fault: null },
    ])
    expect(targets(web)).toEqual(['203.0.113.77'])
  })
})

describe('the workflow of Shuffle', () => {
  const scanner = JSON.parse(
    readFileSync(packagedFile('deploy/soar/shuffle/contain-scanner.json'), 'utf8'),
  ) as ShuffleWorkflow

  it('asks, blocks and looks; and ends where a guard refuses', async () => {
    const web = await agent()
    const variables = { picket_url: web.url, picket_token: web.token }
    const found = await runShuffle(scanner, { attacker: ATTACKER, eventId: web.eventId }, variables)
    expect(found).toMatchObject({
      simulate: { status: 200, body: { target: ATTACKER } },
      block: { status: 201 },
      verify: { status: 200, body: { target: ATTACKER, state: 'active', eventId: web.eventId } },
    })
    const own = await runShuffle(
      scanner,
      { attacker: OWN_ADDRESS, eventId: web.eventId },
      variables,
    )
    expect(own).toMatchObject({ block: { status: 409, body: { guard: 'own-address' } } })
    expect(own).not.toHaveProperty('verify')
  })
})
