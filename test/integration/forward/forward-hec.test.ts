import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/await-until.ts'
import {
  makeAuthority,
  written,
  type Authority,
  type Certificate,
} from '../../support/certificates.ts'
import { accepted, complaint, recordWith, sinkOf } from '../../support/delivery/delivery.ts'
import { forwardingTo } from '../../support/delivery/forwarding.ts'
import { startHttpCollector } from '../../support/delivery/http-collector.ts'
import { temporaryFolder } from '../../support/record.ts'
import {
  startSplunk,
  type HecEvent,
  type SplunkCollector,
} from '../../support/delivery/splunk-collector.ts'

const token = '0a1b2c3d-0000-4000-8000-00000000abcd'
const acking = { token, hasAck: true }

const sink = ({ url }: SplunkCollector, changes: object = {}) =>
  sinkOf({ type: 'hec', url, token, ...changes })
const sequenceOf = ({ event }: HecEvent) => event.event.sequence
const sequences = ({ indexed }: SplunkCollector) => indexed.map(sequenceOf)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('Splunk with indexer acknowledgement', () => {
  it('gets every event once, and the position is that of what is indexed', async () => {
    const splunk = await startSplunk({ ...acking, isPrompt: true })
    const record = await recordWith(500)
    forwardingTo(record, sink(splunk, { index: 'security' }))
    await accepted(record)
    expect(sequences(splunk)).toEqual(upTo(500))
    expect(splunk.indexed[0]).toMatchObject({
      time: 1767607208.000123,
      source: 'picket',
      sourcetype: 'picket:ecs',
      index: 'security',
      event: { event: { kind: 'alert', module: 'picket' }, source: { ip: '192.0.2.7' } },
    })
    expect(splunk.asked[0]?.headers).toMatchObject({ 'content-encoding': 'gzip' })
  })

  it('holds the position back until it says that the events are indexed', async () => {
    const splunk = await startSplunk(acking)
    const record = await recordWith(150)
    forwardingTo(record, sink(splunk))
    await until('all are taken', () => (splunk.queued.length === 150 ? true : null))
    await until('it is asked', () => (splunk.asked.length > 4 ? true : null))
    expect(record.outbox.position('siem')).toBe(0)
    splunk.index()
    await accepted(record)
    expect(sequences(splunk)).toEqual(upTo(150))
  })

  it('is sent 64 batches ahead at most, and loses nothing of 20,000 when it crashes with unindexed events', async () => {
    const splunk = await startSplunk(acking)
    const record = await recordWith(20_000)
    const forwarders = forwardingTo(record, sink(splunk))
    await until('the window is full', () => (splunk.queued.length === 16_000 ? true : null))
    const { length } = splunk.asked
    await until('it is asked again', () => (splunk.asked.length > length + 2 ? true : null))
    expect(splunk.queued).toHaveLength(16_000)
    splunk.index()
    await until('some more', () => (splunk.queued.length > 1000 ? true : null), { everyMs: 2 })
    await splunk.crash()
    await complaint(forwarders)
    await splunk.start()
    const indexing = setInterval(() => splunk.index(), 50)
    await accepted(record).finally(() => clearInterval(indexing))
    expect([...new Set(sequences(splunk))].sort((a, b) => a - b)).toEqual(upTo(20_000))
  })

  it('is sent again what it does not acknowledge in time', async () => {
    const splunk = await startSplunk(acking)
    const record = await recordWith(10)
    const forwarders = forwardingTo(record, sink(splunk, { ackTimeoutSeconds: 1 }))
    expect(await complaint(forwarders)).toBe(
      'Splunk acknowledged nothing within 1 s; it is sent again',
    )
    await until('sent again', () => (splunk.queued.length === 20 ? true : null))
    const channels = splunk.asked.map(({ headers }) => headers['x-splunk-request-channel'])
    expect(new Set(channels).size).toBeGreaterThan(1)
    splunk.index()
    await accepted(record)
  })
})

describe('Splunk without indexer acknowledgement', () => {
  it('has what it has answered for', async () => {
    const splunk = await startSplunk({ token, hasAck: false })
    const record = await recordWith(250)
    forwardingTo(record, sink(splunk, { useAck: false }))
    await accepted(record)
    expect(splunk.queued.map(sequenceOf)).toEqual(upTo(250))
    expect(new Set(splunk.asked.map(({ path }) => path))).toEqual(
      new Set(['/services/collector/event']),
    )
  })
})

describe('what answers 200 and is not Splunk', () => {
  it.each([
    ['a page', '<html>Please log in</html>'],
    ['nothing', ''],
    ['something of another program', { status: 'ok' }],
  ])('is believed nothing: %s', async (_, body) => {
    const portal = await startHttpCollector({ answer: () => ({ status: 200, body }) })
    const record = await recordWith(3)
    const sinkTo = sinkOf({ type: 'hec', url: portal.url, token, useAck: false })
    expect(await complaint(forwardingTo(record, sinkTo))).toMatch(/HTTP 200, but not as Splunk/)
    expect(record.outbox.position('siem')).toBe(0)
  })
})

describe('what Splunk refuses', () => {
  it.each([
    ['a wrong token', { token: 'wrong' }, acking, /code 4, Invalid token; compare token/],
    [
      'a token without acknowledgement',
      {},
      { token, hasAck: false },
      /gives no acknowledgement id/,
    ],
  ])('for %s waits, and is told with a cure', async (_, changes, options, words) => {
    const splunk = await startSplunk(options)
    const record = await recordWith(3)
    const told = await complaint(forwardingTo(record, sink(splunk, changes)))
    expect(told).toMatch(words)
    expect(told).not.toContain(token)
    expect(record.outbox.position('siem')).toBe(0)
  })

  it.each([
    ['busy', 503, 9],
    ['of another index', 400, 7],
  ])('while it is %s is sent again later', async (_, status, code) => {
    let refusals = 1
    const splunk = await startSplunk({
      ...acking,
      isPrompt: true,
      refuse: () => (refusals-- > 0 ? { status, body: { text: 'no', code } } : null),
    })
    const record = await recordWith(10)
    const told = await complaint(forwardingTo(record, sink(splunk)))
    expect(told).toMatch(`code ${code}, no`)
    await accepted(record)
    expect(sequences(splunk)).toEqual(upTo(10))
  })

  it.each([6, 12])('with code %i is left out alone; all others arrive', async (code) => {
    const splunk = await startSplunk({
      ...acking,
      isPrompt: true,
      fault: (event) => ([1, 40, 41, 100].includes(sequenceOf(event)) ? code : null),
    })
    const record = await recordWith(120)
    forwardingTo(record, sink(splunk))
    await accepted(record)
    expect(new Set(sequences(splunk)).size).toBe(116)
  })

  it('because it is too much at once is sent in parts', async () => {
    const splunk = await startSplunk({
      ...acking,
      isPrompt: true,
      refuse: ({ text }) =>
        text.split('\n').length > 30 ? { status: 413, body: 'too large' } : null,
    })
    const record = await recordWith(100)
    forwardingTo(record, sink(splunk, { gzip: false }))
    await accepted(record)
    expect(sequences(splunk)).toEqual(upTo(100))
  })

  it.each([
    [
      'redirects',
      { status: 307, headers: { location: 'https://evil.example/' }, body: '' },
      /redirects to https:\/\/evil\.example\/, which is not followed/,
    ],
    ['never ends', { status: 200, body: 'x'.repeat(5_000_000) }, /longer than 4194304 bytes/],
    ['is a page of something else', { status: 502, body: '<html>' }, /answers HTTP 502$/],
  ])('with an answer that %s is no delivery', async (_, answer, words) => {
    const splunk = await startSplunk({ ...acking, refuse: () => answer })
    const record = await recordWith(3)
    expect(await complaint(forwardingTo(record, sink(splunk)))).toMatch(words)
    expect(splunk.queued).toEqual([])
  })
})

describe('Splunk over TLS', () => {
  let folder: string
  let authority: Authority
  let keys: Record<'right' | 'misnamed' | 'expired' | 'agent', Certificate>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pk-hec-'))
    authority = await makeAuthority(folder, 'ca')
    keys = {
      right: await authority.issue('right', 'IP:127.0.0.1'),
      misnamed: await authority.issue('misnamed', 'DNS:other.example.org'),
      expired: await authority.issue('expired', 'IP:127.0.0.1', -1),
      agent: await authority.issue('agent', 'DNS:agent'),
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('gets everything when its certificate is right, also by a token in a file and with a client certificate', async () => {
    const { caFile } = authority
    const splunk = await startSplunk({
      ...acking,
      isPrompt: true,
      certificate: keys.right,
      clientCa: caFile,
    })
    const tokenFile = await written(await temporaryFolder(), 'token', `${token}\n`)
    const record = await recordWith(200)
    const secret = { token: undefined, tokenFile }
    forwardingTo(record, sink(splunk, { ...secret, tls: { caFile, ...keys.agent } }))
    await accepted(record)
    expect(sequences(splunk)).toEqual(upTo(200))
  })

  it.each([
    ['of an authority that is not ours', 'right', false, /not trusted \(tls\.caFile\)/],
    ['for another name', 'misnamed', true, /certificate is for another name/],
    ['that has expired', 'expired', true, /has expired/],
  ] as const)(
    'with a certificate %s gets nothing, and it is said',
    async (_, key, isKnown, words) => {
      const splunk = await startSplunk({ ...acking, certificate: keys[key] })
      const record = await recordWith(3)
      const tls = isKnown ? { caFile: authority.caFile } : {}
      expect(await complaint(forwardingTo(record, sink(splunk, { tls })))).toMatch(words)
      expect(splunk.asked).toEqual([])
    },
  )
})
