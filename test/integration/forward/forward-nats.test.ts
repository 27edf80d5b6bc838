import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credsAuthenticator, nkeys } from '@nats-io/transport-node'
import { until } from '../../support/await-until.ts'
import {
  makeAuthority,
  written,
  type Authority,
  type Certificate,
} from '../../support/certificates.ts'
import { accepted, complaint, recordWith, sinkOf } from '../../support/delivery/delivery.ts'
import { forwardingTo } from '../../support/delivery/forwarding.ts'
import { natsOperator } from '../../support/delivery/nats/nats-operator.ts'
import {
  startNats,
  type NatsServer,
  type StoredMessage,
} from '../../support/delivery/nats/nats-server.ts'
import { stories, story, temporaryFolder } from '../../support/record.ts'

const sink = ({ port }: NatsServer, changes: object = {}) =>
  sinkOf({ type: 'nats', servers: [`nats://127.0.0.1:${port}`], ...changes })
const sequences = (messages: readonly StoredMessage[]) =>
  messages.map(({ document }) => document.event.sequence).sort((one, other) => one - other)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const forward = { forward: true }

describe('a stream of a real nats-server', () => {
  it('holds 40,000 events once each, although the server is killed in the middle and comes back', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(40_000)
    const forwarders = forwardingTo(record, sink(nats))
    const position = () => record.outbox.position('siem') ?? 0
    await until('some are there', () => (position() > 2000 ? true : null), { everyMs: 2 })
    await nats.kill()
    expect(position()).toBeLessThan(40_000)
    await complaint(forwarders)
    await nats.start()
    await accepted(record)
    expect(sequences(await nats.messages('picket'))).toEqual(upTo(40_000))
  })

  it('gets each state of an event under its subject, once although it is sent twice', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    await nats.makeStream('picket', ['alerts.>'])
    const record = await recordWith(0)
    const told = story({ severity: 8 })
    await record.events.save([told], forward)
    await record.events.save([{ ...told, event: { ...told.event, count: 9 } }], forward)
    const changes = { subject: 'alerts.{family}.{severity}.{kind}' }
    const first = forwardingTo(record, sink(nats, changes))
    await accepted(record)
    await first.stop()
    const again = sink(nats, { ...changes, name: 'other' })
    forwardingTo(record, again)
    await until('sent again', () => (record.outbox.position('other') === 2 ? true : null))
    expect(await nats.messages('picket')).toMatchObject([
      { id: `${told.event.id}-1`, subject: 'alerts.scan.8.scan.vertical.syn' },
      { id: `${told.event.id}-2`, subject: 'alerts.scan.8.scan.vertical.syn' },
    ])
  })

  it('that is not there yet is asked for in words, and gets everything once it is', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    const record = await recordWith(20)
    expect(await complaint(forwardingTo(record, sink(nats)))).toBe(
      'no stream of the server takes the subject picket.events.scan.vertical.syn, or JetStream is off; create one',
    )
    await nats.makeStream('picket', ['picket.events.>'])
    await accepted(record)
    expect(await nats.count('picket')).toBe(20)
  })

  it('that is full makes its events wait', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    await nats.makeStream('picket', ['picket.>'], { max_msgs: 5, discard: 'new' })
    const record = await recordWith(6)
    expect(await complaint(forwardingTo(record, sink(nats)))).toMatch(/maximum messages exceeded/)
    expect(record.outbox.position('siem')).toBe(0)
  })

  it('that takes no messages so long gets all others', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    await nats.makeStream('picket', ['picket.>'], { max_msg_size: 4000 })
    const record = await recordWith(0)
    const long = { decision: 'd'.repeat(5000) }
    const told = stories(50, (index) => (index % 10 === 0 ? long : {}))
    await record.events.save(told, forward)
    forwardingTo(record, sink(nats))
    await accepted(record)
    expect(await nats.count('picket')).toBe(45)
  })

  it('is reached over the next server when one is dead', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    await nats.makeStream('picket', ['picket.>'])
    const servers = ['nats://127.0.0.1:1', `nats://127.0.0.1:${nats.port}`]
    const record = await recordWith(5)
    forwardingTo(record, sink(nats, { servers }))
    await accepted(record)
    expect(await nats.count('picket')).toBe(5)
  })
})

describe('who may write to NATS', () => {
  it.each([
    ['a user', { user: 'picket', password: 'secret' }, 'user: picket, password: secret'],
    ['a token', { token: 'only-token' }, 'token: only-token'],
  ])('is known by %s', async (_, secret, authorization) => {
    const own = 'token' in secret ? secret : { user: secret.user, pass: secret.password }
    const nats = await startNats({ folder: await temporaryFolder(), authorization, own })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(5)
    forwardingTo(record, sink(nats, secret))
    await accepted(record)
    expect(await nats.count('picket')).toBe(5)
  })

  it('is known by an NKey whose seed is in a file', async () => {
    const user = nkeys.createUser()
    const folder = await temporaryFolder()
    const nkeyFile = await written(folder, 'seed', new TextDecoder().decode(user.getSeed()))
    const authorization = `users: [ { nkey: ${user.getPublicKey()} }, { user: t, password: t } ]`
    const nats = await startNats({ folder, authorization, own: { user: 't', pass: 't' } })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(5)
    forwardingTo(record, sink(nats, { nkeyFile }))
    await accepted(record)
    expect(await nats.count('picket')).toBe(5)
  })

  it('is known by credentials of an operator, a JWT and a seed in a file', async () => {
    const { configuration, credentials } = natsOperator()
    const folder = await temporaryFolder()
    const credentialsFile = await written(folder, 'picket.creds', credentials)
    const own = { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }
    const nats = await startNats({ folder, more: configuration, own })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(5)
    forwardingTo(record, sink(nats, { credentialsFile }))
    await accepted(record)
    expect(await nats.count('picket')).toBe(5)
    const stranger = await written(folder, 'other.creds', natsOperator().credentials)
    const refused = forwardingTo(record, sink(nats, { name: 'other', credentialsFile: stranger }))
    expect(await complaint(refused)).toMatch(/authorization/i)
  })

  it('is told in words that it may not write under the subject', async () => {
    const may = '{ publish: { deny: "picket.>" } }'
    const authorization = `users: [ { user: p, password: p, permissions: ${may} }, { user: t, password: t } ]`
    const own = { user: 't', pass: 't' }
    const nats = await startNats({ folder: await temporaryFolder(), authorization, own })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(5)
    const user = { user: 'p', password: 'p' }
    expect(await complaint(forwardingTo(record, sink(nats, user)))).toMatch(/Permissions Violation/)
    expect(await nats.count('picket')).toBe(0)
  })

  it('waits when nobody knows it, and is told so without its secret', async () => {
    const authorization = 'user: picket, password: secret'
    const nats = await startNats({ folder: await temporaryFolder(), authorization })
    const record = await recordWith(5)
    const guess = { user: 'picket', password: 'hunter2' }
    const told = await complaint(forwardingTo(record, sink(nats, guess)))
    expect(told).toMatch(/authorization/i)
    expect(told).not.toMatch('hunter2')
  })
})

describe('NATS over TLS', () => {
  let folder: string
  let authority: Authority
  let keys: Record<'right' | 'misnamed' | 'expired' | 'agent', Certificate>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pk-nats-'))
    authority = await makeAuthority(folder, 'ca')
    keys = {
      right: await authority.issue('right', 'IP:127.0.0.1,DNS:localhost'),
      misnamed: await authority.issue('misnamed', 'DNS:other.example.org'),
      expired: await authority.issue('expired', 'IP:127.0.0.1', -1),
      agent: await authority.issue('agent', 'DNS:agent'),
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const tlsSink = (nats: NatsServer, tls: object) =>
    sink(nats, { servers: [`tls://127.0.0.1:${nats.port}`], tls })

  it('gets everything when its certificate is right, and ours too', async () => {
    const { caFile } = authority
    const { certificateFile: certFile, keyFile } = keys.agent
    const nats = await startNats({
      folder: await temporaryFolder(),
      certificate: keys.right,
      clientCa: caFile,
      own: { tls: { caFile, certFile, keyFile } },
    })
    await nats.makeStream('picket', ['picket.>'])
    const record = await recordWith(50)
    forwardingTo(record, tlsSink(nats, { caFile, ...keys.agent }))
    await accepted(record)
    expect(await nats.count('picket')).toBe(50)
  })

  it.each([
    ['of an authority that is not ours', 'right', false, /not trusted \(tls\.caFile\)/],
    ['for another name', 'misnamed', true, /certificate is for another name/],
    ['that has expired', 'expired', true, /has expired/],
  ] as const)(
    'with a certificate %s gets nothing, and it is said',
    async (_, key, isKnown, words) => {
      const nats = await startNats({ folder: await temporaryFolder(), certificate: keys[key] })
      const record = await recordWith(3)
      const tls = isKnown ? { caFile: authority.caFile } : {}
      expect(await complaint(forwardingTo(record, tlsSink(nats, tls)))).toMatch(words)
    },
  )

  it('is not done without because the server speaks none', async () => {
    const nats = await startNats({ folder: await temporaryFolder() })
    const record = await recordWith(3)
    expect(await complaint(forwardingTo(record, tlsSink(nats, {})))).toMatch(
      /does not support 'tls'/,
    )
  })
})
