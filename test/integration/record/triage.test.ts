/** Verdicts, suppressions and incidents, over the API and a real record. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exportJudgedCaptures } from '../../../src/cli/evaluation/judged-captures.ts'
import { alert } from '../../../src/decide/index.ts'
import { EventFolder, IncidentBook } from '../../../src/record/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { readTruth } from '../../../src/train/index.ts'
import { Suppressor } from '../../../src/agent/tellings/suppressor.ts'
import { detection, TEN_OCLOCK_US } from '../../support/detection/detections.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { run } from '../../support/memory-terminal.ts'

const clock = { nowMs: () => TEN_OCLOCK_US / 1000 }
type Api = Awaited<ReturnType<typeof servedApi>>

async function savedEvents(api: Api, ...changes: readonly object[]) {
  const incidents = new IncidentBook(3600)
  const folder = new EventFolder({ agentId: 'agent-1', foldSeconds: 600, clock, incidents })
  const folded = changes.map((change, index) => {
    const id = `019b8d2a-0000-7000-8000-00000000001${index}`
    return folder.fold(detection({ id, ...change }), alert('test'), 'eth0')
  })
  return api.record.events.save(folded, { forward: true })
}

describe('verdicts', () => {
  test('are kept, replaced, counted and audited', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const [one, other] = await savedEvents(api, {}, { attacker: '192.0.2.8' })
    const judge = (id: string, verdict: string) =>
      api.call('POST', `/v1/events/${id}/verdict`, { token, body: { verdict, reason: 'ours' } })
    expect((await api.call('GET', `/v1/events/${one!.id}/verdict`, { token })).status).toBe(404)
    await judge(one!.id, 'false-positive')
    await judge(one!.id, 'true-positive')
    const { status } = await judge(other!.id, 'false-positive')
    expect(status).toBe(200)
    const { body } = await api.call('GET', '/v1/verdicts', { token })
    expect(body).toEqual({
      items: [
        {
          ...{ kind: 'scan.vertical.syn', detector: 'port-scan', events: 2 },
          ...{ truePositives: 1, falsePositives: 1, falsePositiveRate: 0.5 },
        },
      ],
    })
    expect(await api.record.audit.verify()).toMatchObject({ isIntact: true })
  })

  test('give each rule and each forest its rate of false positives, and none where nobody judged', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const byRule = { detector: 'sigma:own', kind: 'policy.own', family: 'policy' }
    const byForest = { detector: 'isolation-forest', kind: 'anomaly.flow', family: 'anomaly' }
    const events = await savedEvents(
      ...([api, byRule, { ...byRule, attacker: '192.0.2.8' }] as const),
      ...[{ ...byRule, attacker: '192.0.2.9' }, byForest],
      { ...byRule, detector: 'sigma:smb1-in-use' },
    )
    const path = (at: number): string => `/v1/events/${events[at]!.id}/verdict`
    const judge = (at: number, verdict: string) =>
      api.call('POST', path(at), { token, body: { verdict } })
    const rulePath = '/v1/rules/own'
    const before = await api.call('GET', rulePath, { token })
    expect(before.body).toMatchObject({ name: 'own', judged: null })
    for (const at of [0, 1, 4]) await judge(at, 'true-positive')
    for (const at of [2, 3]) await judge(at, 'false-positive')
    const rules = await api.call('GET', '/v1/rules', { token })
    const third = { verdicts: 3, falsePositives: 1, falsePositiveRate: 1 / 3 }
    expect(rules.body).toMatchObject({ items: [{ name: 'own', judged: third }] })
    const after = await api.call('GET', rulePath, { token })
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
    expect((await api.call('GET', '/v1/models', { token })).body).toMatchObject({
      detectors: [
        { detector: 'isolation-forest', judged: { verdicts: 1, falsePositiveRate: 1 } },
        { detector: 'random-forest', judged: null },
      ],
    })
    const folder = ['--data-dir', api.directory]
    const listed = await run('rules', 'list', '--json', ...folder)
    const judged = listed.json.filter((rule) => (rule as { judged: unknown }).judged)
    const none = { verdicts: 1, falsePositives: 0, falsePositiveRate: 0 }
    expect(judged).toMatchObject([{ rule: 'smb1-in-use', judged: none }])
    const models = await run('models', 'status', ...folder)
    expect(models.out).toMatch(/isolation-forest +1 of 1 \(100 %\)\nrandom-forest +-\n/)
  })

  test('that suppress need the scope admin, and change nothing without it', async () => {
    const api = await servedApi()
    const [event] = await savedEvents(api, {})
    const suppress = { detector: 'port-scan', reason: 'ours' }
    const body = { verdict: 'false-positive', suppress }
    const path = `/v1/events/${event!.id}/verdict`
    const token = await api.token(['read', 'block'])
    expect((await api.call('POST', path, { token, body })).status).toBe(403)
    expect(api.record.triage.verdict(event!.id)).toBeNull()
    const admin = await api.token(['admin'])
    const answer = await api.call('POST', path, { token: admin, body })
    const { suppressionId } = answer.body as { suppressionId: string }
    expect(api.record.triage.suppression(suppressionId)).toMatchObject(suppress)
  })
})

describe('judged events', () => {
  test('are labelled captures for the next training', async () => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const events = await savedEvents(api, {}, { attacker: '192.0.2.8' }, { attacker: '192.0.2.9' })
    const evidence = { linkType: 1, packets: 1, records: new Uint8Array(20).fill(9) }
    const [attack, benign, bare] = events.map(({ id }) => id)
    await api.record.evidence.add(
      [attack!, benign!].map((eventId) => ({ eventId, evidence })),
      64,
    )
    for (const [id, verdict] of [
      [attack, 'true-positive'],
      [benign, 'false-positive'],
      [bare, 'true-positive'],
    ]) {
      await api.call('POST', `/v1/events/${id}/verdict`, { token, body: { verdict } })
    }
    const folder = join(await mkdtemp(join(tmpdir(), 'pk-judged-')), 'new')
    onTestFinished(() => rm(dirname(folder), { recursive: true, force: true }))
    expect(exportJudgedCaptures(api.record, folder)).toEqual({ captures: 2, without: 1 })
    const labelled = readTruth(join(folder, 'truth.json'), folder)
    const truths = labelled.map(({ truth }) => truth)
    truths.sort((one, other) => one.kind.localeCompare(other.kind))
    expect(truths).toMatchObject([
      { name: attack, kind: 'attack', attacker_ips: ['192.0.2.7'], victim_ips: ['10.0.0.5'] },
      { name: benign, kind: 'benign', attacker_ips: [] },
    ])
    expect(() => exportJudgedCaptures(api.record, folder)).toThrow(/EEXIST/)
  })
})

describe('suppressions', () => {
  test('hide what they cover until they are lifted, and count its stories', async () => {
    const api = await servedApi()
    const { triage } = api.record
    const suppressor = new Suppressor({ triage, clock, log: silentLog })
    const none = { detector: null, kind: null, victim: null, port: null, process: null }
    const order = {
      ...none,
      address: '192.0.2.0/24',
      reason: 'ours',
      ttlSeconds: null,
      actor: 'me',
    }
    expect(suppressor.hides(detection())).toBe(false)
    const { id } = await suppressor.suppress(order)
    expect(
      [detection(), detection(), detection({ id: 'other' })].map((one) => suppressor.hides(one)),
    ).toEqual([...[true, true, true]])
    expect(suppressor.hides(detection({ attacker: '198.51.100.1' }))).toBe(false)
    await suppressor.stop()
    expect(triage.suppression(id)).toMatchObject({ hidden: 2 })
    const restarted = new Suppressor({ triage, clock, log: silentLog })
    expect(restarted.hides(detection())).toBe(true)
    await restarted.unsuppress(id, 'me')
    expect(restarted.hides(detection())).toBe(false)
    await restarted.stop()
  })

  test('that would hide everything are refused by name', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const body = { reason: 'quiet', ttlSeconds: 60 }
    const answer = await api.call('POST', '/v1/suppressions', { token, body })
    expect(answer.status).toBe(400)
    expect(JSON.stringify(answer.body)).toContain('would hide everything')
  })

  test.each([
    [{ kind: 'bruteforce.shh' }, 'kind', 'did you mean bruteforce.ssh?'],
    [{ detector: 'portscan' }, 'detector', 'did you mean port-scan?'],
    [{ detector: 'sigma:gone' }, 'detector', 'expected one that a detector or a rule tells'],
    [{ kind: 'health.host' }, 'kind', 'never hidden'],
  ])(
    'of %o, which would hide nothing, are refused, and with a verdict too',
    async (scope, field, cure) => {
      const api = await servedApi()
      const token = await api.token(['admin', 'block'])
      const [event] = await savedEvents(api, {})
      const suppress = { ...scope, reason: 'ours' }
      const fault = {
        field,
        value: Object.values(scope)[0],
        message: expect.stringContaining(cure) as string,
      }
      expect(await api.call('POST', '/v1/suppressions', { token, body: suppress })).toMatchObject({
        ...{ status: 400, body: { errors: [fault] } },
      })
      const path = `/v1/events/${event!.id}/verdict`
      const body = { verdict: 'false-positive', suppress }
      expect(await api.call('POST', path, { token, body })).toMatchObject({ status: 400 })
      expect((await api.call('GET', path, { token })).status).toBe(404)
    },
  )

  test("take a rule's detector and kind, and a kind that the log has from a rule that is gone", async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    await savedEvents(api, { detector: 'sigma:gone', kind: 'policy.gone', family: 'policy' })
    const scopes = [
      { detector: 'sigma:own', kind: 'policy.own' },
      { kind: 'policy.gone' },
      { kind: 'scan' },
    ]
    for (const scope of scopes) {
      const body = { ...scope, reason: 'ours' }
      expect(await api.call('POST', '/v1/suppressions', { token, body })).toMatchObject({
        status: 201,
      })
    }
  })

  test('are made, listed and lifted over the API', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const body = { kind: 'scan', address: '10.0.0.9/32', port: 22, reason: 'ours', ttlSeconds: 60 }
    const made = await api.call('POST', '/v1/suppressions', { token, body })
    expect(made).toMatchObject({ status: 201, body: { address: '10.0.0.9', port: 22, hidden: 0 } })
    const { id } = made.body as { id: string }
    expect((await api.call('DELETE', `/v1/suppressions/${id}`, { token })).status).toBe(200)
    expect((await api.call('DELETE', `/v1/suppressions/${id}`, { token })).status).toBe(404)
    const now = await api.call('GET', '/v1/suppressions', { token })
    const all = await api.call('GET', '/v1/suppressions?ended=true', { token })
    expect([now.body, all.body]).toMatchObject([{ items: [] }, { items: [{ id }] }])
  })
})

describe('incidents', () => {
  test('join the events of one attacker, the one seen last first', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const guessing = {
      kind: 'bruteforce.ssh',
      family: 'bruteforce',
      detector: 'ssh-bruteforce',
      severity: 9,
    }
    const later = { firstSeenUs: TEN_OCLOCK_US + 60e6, lastSeenUs: TEN_OCLOCK_US + 90e6 }
    const [scan] = await savedEvents(
      ...([api, {}, { ...guessing, ...later }, { attacker: '192.0.2.8' }] as const),
    )
    const { body } = await api.call('GET', '/v1/incidents?limit=1', { token })
    const { items, nextCursor } = body as { items: { id: string }[]; nextCursor: string }
    expect(items).toMatchObject([
      {
        party: '192.0.2.7',
        role: 'attacker',
        severity: 9,
        events: 2,
        kinds: ['scan.vertical.syn', 'bruteforce.ssh'],
      },
    ])
    expect(items[0]!.id).toBe(scan!.incident)
    const next = await api.call('GET', `/v1/incidents?limit=1&cursor=${nextCursor}`, { token })
    expect(next.body).toMatchObject({ items: [{ party: '192.0.2.8' }], nextCursor: null })
    const events = await api.call('GET', `/v1/events?incident=${items[0]!.id}`, { token })
    expect((events.body as { items: unknown[] }).items).toHaveLength(2)
    const one = await api.call('GET', `/v1/incidents/${items[0]!.id}`, { token })
    expect(one.body).toEqual(items[0])
  })

  test('tell how a victim turned: who was broken into and then attacked follows that incident', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const minutes = (count: number) => ({
      firstSeenUs: TEN_OCLOCK_US + count * 60e6,
      lastSeenUs: TEN_OCLOCK_US + count * 60e6 + 30e6,
    })
    const login = { kind: 'bruteforce.ssh', family: 'bruteforce', severity: 9 }
    const sweep = { kind: 'sweep.tcp', family: 'sweep', severity: 6 }
    const victim = '10.0.0.5'
    const [broken, , turned, , bystander] = await savedEvents(
      ...([api, { ...login, ...minutes(0) }] as const),
      // What a host did before is not explained by what was done to it later.
      { ...sweep, attacker: '10.0.0.6', victims: ['10.0.0.9'], ...minutes(-30) },
      { ...sweep, attacker: victim, victims: ['10.0.0.9'], ...minutes(12) },
      { ...login, victims: ['10.0.0.6'], ...minutes(1) },
      // To be scanned makes nobody an attacker.
      { ...sweep, attacker: '10.0.0.9', victims: ['10.0.0.5'], ...minutes(20) },
    )
    const later = await api.call('GET', `/v1/incidents/${turned!.incident}`, { token })
    expect(later.body).toMatchObject({
      party: victim,
      follows: {
        ...{ incident: broken!.incident, event: broken!.id, kind: 'bruteforce.ssh' },
        story: `${victim} was a victim of 192.0.2.7 (bruteforce.ssh, severity 9); 12 min later it began sweep.tcp itself`,
      },
      ledTo: [],
    })
    const { body } = await api.call('GET', '/v1/incidents', { token })
    const { items } = body as { items: { id: string; follows: unknown; ledTo: string[] }[] }
    expect(items.find(({ id }) => id === bystander!.incident)).toMatchObject({ follows: null })
    const links = items.map(({ follows, ledTo }) => [follows !== null, ledTo])
    expect(links.filter(([isLinked, ledTo]) => isLinked || (ledTo as string[]).length > 0)).toEqual(
      [
        ...[
          [true, []],
          [false, [turned!.incident]],
        ],
      ],
    )
    const listed = await run('incidents', '--data-dir', api.directory)
    expect(listed.out).toContain('12 min later it began sweep.tcp itself')
    expect(listed.out).toContain(`led to ${turned!.incident}`)
  })

  test('are linked also where the infected host calls home rather than attacks', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const [taken, beacon] = await savedEvents(
      ...([api, { kind: 'exploit.log4shell', family: 'exploit', severity: 9 }] as const),
      {
        ...{ kind: 'c2.beacon', family: 'c2', severity: 7, host: '10.0.0.5', victims: [] },
        ...{ attacker: '198.51.100.9', firstSeenUs: TEN_OCLOCK_US + 3600e6 },
        lastSeenUs: TEN_OCLOCK_US + 7200e6,
      },
    )
    const { body } = await api.call('GET', `/v1/incidents/${beacon!.incident}`, { token })
    expect(body).toMatchObject({ role: 'host', follows: { incident: taken!.incident } })
  })
})
