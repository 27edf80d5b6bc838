import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { defaultsOf } from '../../../../src/config/defaults.ts'
import type { Forwarders } from '../../../../src/forward/index.ts'
import { relpSinkConfig, type RelpSinkConfig } from '../../../../src/forward/sinks/relp/config.ts'
import type { EventRecord } from '../../../../src/record/record.ts'
import { until } from '../../../support/await-until.ts'
import { makeAuthority } from '../../../support/certificates.ts'
import { cefOf, forwardingTo } from '../../../support/delivery/forwarding.ts'
import { openedRecord, stories, temporaryFolder } from '../../../support/record.ts'
import {
  AGREED,
  respond,
  startRelpServer,
  type Answer,
} from '../../../support/delivery/syslog/relp-server.ts'
import { startRsyslog } from '../../../support/delivery/syslog/rsyslog.ts'

const forward = { forward: true }

function forwarding(record: EventRecord, changes: Partial<RelpSinkConfig>): Forwarders {
  const defaults = defaultsOf(relpSinkConfig) as RelpSinkConfig
  const fixed = { type: 'relp', name: 'siem', host: '127.0.0.1' } as const
  return forwardingTo(record, { ...defaults, ...fixed, ...changes })
}

async function recordWith(count: number, folder: string): Promise<EventRecord> {
  const record = await openedRecord(folder)
  await record.events.save(stories(count), forward)
  return record
}

const positionOf = async (record: EventRecord, position: number) =>
  await until(`position ${position}`, () =>
    record.outbox.position('siem') === position ? true : null,
  )
const failure = async (forwarders: Forwarders) =>
  await until('a failure is told', () => forwarders.health()[0]?.lastError ?? null)
const sequences = (messages: readonly string[]) =>
  messages.map((message) => Number(cefOf(message).extension['cn1']))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('RELP to a real rsyslogd', () => {
  it('brings every event once, and knows so', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'relp' })
    const record = await recordWith(500, folder)
    const forwarders = forwarding(record, { port: rsyslog.port })
    await positionOf(record, 500)
    expect(sequences(await rsyslog.messages())).toEqual(upTo(500))
    expect(forwarders.health()).toMatchObject([{ sent: 500, lastError: null }])
  })

  it('loses nothing when the collector is killed in the middle, and repeats only what was not answered', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'relp' })
    const window = 128
    const record = await recordWith(200, folder)
    const forwarders = forwarding(record, { port: rsyslog.port, window })
    await positionOf(record, 200)
    await record.events.save(stories(1500), forward)
    forwarders.wake()
    await until('some more are there', () => (record.outbox.position('siem')! > 200 ? true : null))
    await rsyslog.kill()
    // A fast host may have had every answer by now: one more cannot have had its.
    await record.events.save(stories(1), forward)
    forwarders.wake()
    await failure(forwarders)
    await rsyslog.start()
    await positionOf(record, 1701)
    const arrived = sequences(await rsyslog.messages())
    expect(new Set(arrived)).toEqual(new Set(upTo(1701)))
    expect(arrived.length - 1701).toBeLessThanOrEqual(window)
    expect(arrived.filter((sequence) => sequence <= 200)).toHaveLength(200)
  })

  it('goes over TLS with client certificates, and refuses an impostor in words', async () => {
    const folder = await temporaryFolder()
    const authority = await makeAuthority(folder, 'ca')
    const stranger = await makeAuthority(folder, 'stranger')
    const own = await authority.issue('collector', 'IP:127.0.0.1')
    const agent = await authority.issue('agent', 'DNS:agent')
    const tls = { own, clients: authority }
    const rsyslog = await startRsyslog({ folder, protocol: 'relp-tls', tls })
    const record = await recordWith(20, folder)
    const toCollector = { port: rsyslog.port, protocol: 'tls' } as const
    const impostor = { caFile: stranger.caFile, minVersion: '1.2' } as const
    const refused = forwarding(record, { ...toCollector, tls: impostor })
    expect(await failure(refused)).toContain('an authority that is not trusted')
    await refused.stop()
    const right = { ...agent, caFile: authority.caFile, minVersion: '1.2' } as const
    forwarding(record, { ...toCollector, tls: right })
    await positionOf(record, 20)
    expect(sequences(await rsyslog.messages())).toEqual(upTo(20))
  })
})

/** Answers each with 200. */
const obliging: Answer = ({ transaction }, socket) => {
  respond(socket, transaction, '200 OK')
  return 1
}

async function told(answer: Answer, changes: Partial<RelpSinkConfig> = {}, agreed = AGREED) {
  const server = await startRelpServer(answer, agreed)
  const record = await recordWith(10, await temporaryFolder())
  const forwarders = forwarding(record, { port: server.port, ...changes })
  return { server, record, forwarders }
}

describe('a RELP server', () => {
  it('is offered version, software and syslog, and told when the session ends', async () => {
    const { server, record, forwarders } = await told(obliging)
    await positionOf(record, 10)
    await forwarders.stop()
    const [open, ...rest] = server.frames
    expect(open).toEqual({
      transaction: 1,
      command: 'open',
      data: 'relp_version=0\nrelp_software=picket,0.1.0\ncommands=syslog',
    })
    expect(rest.map(({ transaction }) => transaction)).toEqual(upTo(11).map((n) => n + 1))
    expect(rest.at(-1)).toMatchObject({ command: 'close', data: '' })
  })

  it('may answer in any order: the position waits for the one before', async () => {
    const held: [Socket, number][] = []
    const backwards: Answer = ({ transaction }, socket) => {
      held.push([socket, transaction])
      if (held.length < 10) return 0
      for (const [to, number] of held.slice(1).reverse()) respond(to, number, '200 OK')
      return 9
    }
    const { record, forwarders } = await told(backwards)
    await until('nine are answered', () => (held.length === 10 ? true : null))
    await until('all is sent', () => (forwarders.health()[0]?.backlog === 0 ? true : null))
    expect(record.outbox.position('siem')).toBe(0)
    respond(held[0]![0], held[0]![1], '200 OK')
    await positionOf(record, 10)
  })

  it('never gets more unanswered messages than the window has room for', async () => {
    const held: number[] = []
    const slow: Answer = ({ transaction }, socket) => {
      held.push(transaction)
      if (held.length < 3) return 0
      held.splice(0).forEach((number) => respond(socket, number, '200 OK'))
      return 3
    }
    const { server, record } = await told(slow, { window: 3 })
    await positionOf(record, 9)
    expect(server.mostUnanswered()).toBe(3)
  })

  it('that closes the session in the middle gets the rest over the next, from the first unanswered', async () => {
    const closing: Answer = (frame, socket, index) => {
      if (index === 5) socket.end('0 serverclose 0\n')
      return index >= 5 && index <= 10 ? 0 : obliging(frame, socket, index)
    }
    const { server, record, forwarders } = await told(closing)
    expect(await failure(forwarders)).toContain('the collector ends the session')
    await positionOf(record, 10)
    const messages = server.frames.filter(({ command }) => command === 'syslog')
    expect(sequences(messages.map(({ data }) => data))).toEqual([...upTo(10), 5, 6, 7, 8, 9, 10])
  })

  it('that refuses one message three times has it passed over, and gets the others', async () => {
    const choosy: Answer = (frame, socket, index) => {
      if (!frame.data.includes('sequence="4"')) return obliging(frame, socket, index)
      respond(socket, frame.transaction, '500 not this one')
      return 1
    }
    const { server, record } = await told(choosy)
    await positionOf(record, 10)
    const messages = server.frames.filter(({ command }) => command === 'syslog')
    const seen = sequences(messages.map(({ data }) => data))
    expect(seen.filter((sequence) => sequence === 4)).toHaveLength(3)
    expect(seen.filter((sequence) => sequence === 3)).toHaveLength(1)
  })

  it('that refuses a message before it answers those ahead of it has none of these passed over', async () => {
    const hasty: Answer = (frame, socket) => {
      if (frame.data.includes('sequence="4"')) respond(socket, frame.transaction, '500 not this')
      return 0
    }
    const { server, record, forwarders } = await told(hasty, { writeTimeoutMs: 100 })
    await until('a fourth session is begun', () => (server.connections() > 3 ? true : null))
    expect(await failure(forwarders)).toContain('acknowledges nothing within 100 ms')
    expect(record.outbox.position('siem')).toBe(0)
  })

  it.each<[string, string, Answer, Partial<RelpSinkConfig>, string]>([
    [
      'answers nothing',
      'acknowledges nothing within 300 ms',
      () => 0,
      { writeTimeoutMs: 300, window: 4 },
      AGREED,
    ],
    [
      'answers what was never sent',
      'the collector answers 77, never sent',
      (_, socket) => {
        respond(socket, 77, '200 OK')
        return 0
      },
      {},
      AGREED,
    ],
    [
      'says that its answer is huge',
      "the collector's answer has 900000000 bytes",
      (_, socket) => {
        socket.write(`2 rsp 900000000 ${'x'.repeat(1000)}`)
        return 0
      },
      {},
      AGREED,
    ],
    [
      'speaks garbage',
      'the collector does not speak RELP',
      (_, socket) => {
        socket.write('\u0000garbage\n')
        return 0
      },
      {},
      AGREED,
    ],
    ['speaks another version', 'speaks RELP version 9', obliging, {}, '200 OK\nrelp_version=9'],
    [
      'takes no syslog',
      'takes no syslog over RELP',
      obliging,
      {},
      '200 OK\nrelp_version=0\ncommands=xyz',
    ],
    ['refuses the session', 'refuses the session: 500 go away', obliging, {}, '500 go away'],
  ])('that %s is told of in words, and has nothing', async (_, words, answer, changes, agreed) => {
    const { record, forwarders } = await told(answer, changes, agreed)
    expect(await failure(forwarders)).toContain(words)
    expect(record.outbox.position('siem')).toBe(0)
  })
})
