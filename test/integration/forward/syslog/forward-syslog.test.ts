import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Forwarder } from '../../../../src/forward/delivery/forwarder.ts'
import { SyslogStreamSink } from '../../../../src/forward/sinks/syslog/stream.ts'
import { messageContext } from '../../../../src/forward/formats/syslog/message.ts'
import type { EventRecord } from '../../../../src/record/record.ts'
import { until } from '../../../support/await-until.ts'
import { cefOf, forwarding, sinkConfig } from '../../../support/delivery/forwarding.ts'
import { forwarderGround } from '../../../support/delivery/memory-sink.ts'
import { openedRecord, stories, story, temporaryFolder } from '../../../support/record.ts'
import { startRsyslog, type Rsyslog } from '../../../support/delivery/syslog/rsyslog.ts'

const forward = { forward: true }
const hostileSummary = 'a=b|c \\ d\ne\u2028f \u202egnp'

async function received(rsyslog: Rsyslog, count: number): Promise<ReturnType<typeof cefOf>[]> {
  const messages = await until(`${count} messages at rsyslogd`, async () => {
    const lines = await rsyslog.messages()
    return lines.length >= count ? lines : null
  })
  return messages.map(cefOf)
}

const idsOf = (messages: readonly ReturnType<typeof cefOf>[]) =>
  messages.map(({ extension }) => extension['externalId'])
const sequencesOf = (messages: readonly ReturnType<typeof cefOf>[]) =>
  messages.map(({ extension }) => Number(extension['cn1']))

describe('syslog to a real rsyslogd', () => {
  it.each([
    ['UDP', { protocol: 'udp', framing: 'octet-counted' }],
    ['TCP with octet counts', { protocol: 'tcp', framing: 'octet-counted' }],
    ['TCP with newlines', { protocol: 'tcp', framing: 'newline' }],
  ] as const)('brings every event exactly once over %s', async (_, transport) => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: transport.protocol })
    const record = await openedRecord(folder)
    const told = stories(300, (index) => ({ summary: `${index} ${hostileSummary}` }))
    const saved = [...(await record.events.save(told.slice(0, 200), forward))]
    const forwarders = forwarding(record, { ...transport, port: rsyslog.port })
    saved.push(...(await record.events.save(told.slice(200), forward)))
    forwarders.wake()
    const messages = await received(rsyslog, 300)
    expect(idsOf(messages)).toEqual(saved.map(({ id }) => id))
    expect(messages[7]?.extension['msg']).toBe('7 a=b|c \\ d\ne<U+2028>f <U+202E>gnp')
    await until('all is told', () => (forwarders.health()[0]?.backlog === 0 ? true : null))
    expect(forwarders.health()).toMatchObject([{ name: 'siem', sent: 300, lastError: null }])
  })

  it('brings new states of an event as they are recorded, and leaves out what is not severe enough', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    const forwarders = forwarding(record, { port: rsyslog.port, minSeverity: 5 })
    const told = story({ severity: 6 })
    await record.events.save([story({ severity: 4 }), told, story({ severity: 0 })], forward)
    await record.events.save([{ ...told, event: { ...told.event, count: 9 } }], forward)
    forwarders.wake()
    const messages = await received(rsyslog, 2)
    expect(messages.map(({ extension }) => extension['cnt'])).toEqual(['1204', '9'])
    expect(new Set(idsOf(messages))).toEqual(new Set([told.event.id]))
  })

  it('goes on behind the stored position after a restart, with nothing lost and nothing twice', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    await record.events.save(stories(50), forward)
    const first = forwarding(record, { port: rsyslog.port })
    await received(rsyslog, 50)
    await first.stop()
    expect(record.outbox.position('siem')).toBe(50)
    await record.events.save(stories(30), forward)
    forwarding(record, { port: rsyslog.port })
    const messages = await received(rsyslog, 80)
    expect(sequencesOf(messages)).toEqual(Array.from({ length: 80 }, (_, index) => index + 1))
  })

  it('begins with what is recorded from now on where it is told so', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    await record.events.save(stories(5), forward)
    const forwarders = forwarding(record, { port: rsyslog.port, startFrom: 'now' })
    await until('the position is stored', () => record.outbox.position('siem'))
    const [next] = await record.events.save([story()], forward)
    forwarders.wake()
    expect(idsOf(await received(rsyslog, 1))).toEqual([next!.id])
  })
})

describe('a collector that dies', () => {
  it('loses nothing when it is killed and started again in the middle', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    const forwarders = forwarding(record, { port: rsyslog.port })
    const feed = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        await record.events.save(stories(20), forward)
        forwarders.wake()
      }
    }
    await feed(20)
    await received(rsyslog, 1)
    await rsyslog.kill()
    await feed(20)
    await until('the sink waits', () => (forwarders.health()[0]?.state === 'waiting' ? true : null))
    await rsyslog.start()
    await feed(10)
    await until('all arrived', async () => {
      const arrived = new Set(sequencesOf((await rsyslog.messages()).map(cefOf)))
      return arrived.size === 1000 ? true : null
    })
  })

  it('gets nothing again that it had confirmed before: repeats stay within the overlap', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    const forwarder = forwarderWithOverlap(record, rsyslog.port, 300)
    await record.events.save(stories(100), forward)
    forwarder.wake()
    await until('confirmed', () => (record.outbox.position('siem') === 100 ? true : null))
    await record.events.save(stories(40), forward)
    forwarder.wake()
    await received(rsyslog, 140)
    await rsyslog.kill()
    await record.events.save(stories(10), forward)
    await rsyslog.start()
    await until('all accepted', () => (record.outbox.position('siem') === 150 ? true : null))
    const sequences = sequencesOf((await rsyslog.messages()).map(cefOf))
    expect(new Set(sequences).size).toBe(150)
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      expect(sequences.filter((found) => found === sequence)).toHaveLength(1)
    }
  })

  it('that hangs is noticed, and gets all that it may not have read', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    const forwarder = forwarderWithOverlap(record, rsyslog.port, 200)
    await record.events.save(stories(10), forward)
    forwarder.wake()
    await until('confirmed', () => (record.outbox.position('siem') === 10 ? true : null))
    rsyslog.freeze()
    await record.events.save(stories(10), forward)
    forwarder.wake()
    await until('the hang is noticed', () => forwarder.health().lastError)
    expect(record.outbox.position('siem')).toBe(10)
    await rsyslog.kill()
    await rsyslog.start()
    await until('all accepted', () => (record.outbox.position('siem') === 20 ? true : null))
    expect(new Set(sequencesOf((await rsyslog.messages()).map(cefOf))).size).toBe(20)
  })

  it('that hangs before it ever confirmed anything gets all of it again, too', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
    const record = await openedRecord(folder)
    // Its kernel goes on taking connections and bytes.
    rsyslog.freeze()
    const forwarder = forwarderWithOverlap(record, rsyslog.port, 200)
    await record.events.save(stories(10), forward)
    forwarder.wake()
    await until('the hang is noticed', () => forwarder.health().lastError)
    expect(record.outbox.position('siem')).toBe(0)
    await rsyslog.kill()
    await rsyslog.start()
    await until('all accepted', () => (record.outbox.position('siem') === 10 ? true : null))
    expect(new Set(sequencesOf((await rsyslog.messages()).map(cefOf))).size).toBe(10)
  })

  it('on UDP is noticed by its refusals, and its events wait', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'udp' })
    await rsyslog.kill()
    const record = await openedRecord(folder)
    await record.events.save(stories(10), forward)
    const forwarders = forwarding(record, { protocol: 'udp', port: rsyslog.port })
    await until('the refusal is noticed', () => forwarders.health()[0]?.lastError ?? null)
    await rsyslog.start()
    expect(new Set(sequencesOf(await received(rsyslog, 10))).size).toBe(10)
  })
})

/** By a clock that goes no further: what still waits then waits for ever. */
async function stopWithinASecond(forwarders: { stop(): Promise<void> }): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const stopped = forwarders.stop()
  await advanceSlowly(1000)
  await stopped
}

/** In steps, between which what is read and written gets its turn: one timer is begun when another has fired. */
async function advanceSlowly(totalMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < totalMs; passedMs += 50) {
    await vi.advanceTimersByTimeAsync(50)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('stopping', () => {
  it.each([
    ['answers nothing at all', '192.0.2.1'],
    ['has no such name', 'collector.invalid'],
  ])('does not wait for a collector that %s', async (_, host) => {
    const record = await openedRecord(await temporaryFolder())
    await record.events.save(stories(3), forward)
    const forwarders = forwarding(record, { host })
    await stopWithinASecond(forwarders)
    expect(record.outbox.position('siem') ?? 0).toBe(0)
  })

  it('does not wait for a collector that takes bytes but never reads them', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket.pause())).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    onTestFinished(() => {
      sockets.forEach((socket) => socket.destroy())
      server.close()
    })
    const record = await openedRecord(await temporaryFolder())
    await record.events.save(
      stories(3000, () => ({ decision: 'd'.repeat(4000) })),
      forward,
    )
    const forwarders = forwarding(record, { port: (server.address() as { port: number }).port })
    await until('a connection', () => sockets[0] ?? null)
    await stopWithinASecond(forwarders)
    expect(record.outbox.position('siem')).toBe(0)
  })
})

/** A forwarder over TCP as createForwarders makes it, but with an overlap short enough for a test. */
function forwarderWithOverlap(record: EventRecord, port: number, overlapMs: number): Forwarder {
  const config = sinkConfig({ port })
  const open = () =>
    new SyslogStreamSink({
      name: 'siem',
      endpoint: { kind: 'tcp', host: '127.0.0.1', port, tls: null },
      limits: config,
      framing: 'octet-counted',
      context: messageContext(config, '0.1.0', 8192),
      monotonicMs: () => performance.now(),
      overlapMs,
    })
  const forwarder = new Forwarder({ ...forwarderGround(record), config, open })
  onTestFinished(() => forwarder.stop())
  return forwarder
}
