/** Flows on their way to sinks: all of them, in order, over restarts, with numbers of their own. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultsOf } from '../../../src/config/defaults.ts'
import { openRecord } from '../../../src/record/index.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { fileSinkConfig, type FileSinkConfig } from '../../../src/forward/sinks/file/config.ts'
import { until } from '../../support/await-until.ts'
import { sinkOf } from '../../support/delivery/delivery.ts'
import { startBulkNode } from '../../support/delivery/bulk-node.ts'
import { cefOf, forwarding, forwardingTo } from '../../support/delivery/forwarding.ts'
import {
  batchOf,
  flow,
  openedRecord,
  RECORD_DEFAULTS,
  stories,
  temporaryFolder,
} from '../../support/record.ts'
import { startRsyslog } from '../../support/delivery/syslog/rsyslog.ts'

const flowsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => flow({ originatorPort: first + index }))

/** Records flows, as many batches as there are counts. */
async function recordFlows(record: EventRecord, ...counts: readonly number[]): Promise<void> {
  let port = 1000
  for (const count of counts) {
    record.flows.append(batchOf(...flowsFrom(port, count)))
    await record.flows.flush()
    port += count
  }
}

function fileSink(folder: string, changes: Partial<FileSinkConfig> = {}): FileSinkConfig {
  const defaults = defaultsOf(fileSinkConfig) as FileSinkConfig
  const path = join(folder, 'events.ndjson')
  return { ...defaults, type: 'file', name: 'siem', path, flows: true, ...changes }
}

interface FlowDocument {
  readonly event: { readonly sequence: number; readonly id: string; readonly dataset: string }
  readonly source: { readonly port: number }
  readonly picket: { readonly previous_sequence: number }
}

async function documentsIn(path: string): Promise<FlowDocument[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as FlowDocument)
}

const arrived = (record: EventRecord, number: number) =>
  until(`flow ${number} has arrived`, () =>
    (record.flowOutbox.position('siem') ?? 0) >= number ? true : null,
  )

describe('a sink with flows', () => {
  it('gets every flow once and in order, beside its events and apart from them, over a restart', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    await record.events.save(stories(3), { forward: true })
    await recordFlows(record, 1, 1500, 40)
    const first = forwardingTo(record, fileSink(folder))
    await arrived(record, 1541)
    await first.stop()
    await recordFlows(record, 10)
    const second = forwardingTo(record, fileSink(folder))
    await arrived(record, 1551)
    const flows = await documentsIn(join(folder, 'events-flows.ndjson'))
    expect(flows.map(({ event }) => event.sequence)).toEqual(
      Array.from({ length: 1551 }, (_, index) => index + 1),
    )
    expect(flows.every(({ event, picket }) => picket.previous_sequence === event.sequence - 1))
    expect(new Set(flows.map(({ event }) => event.id)).size).toBe(1551)
    expect(flows[1500]).toMatchObject({ source: { port: 2500 }, event: { dataset: 'picket.flow' } })
    await until('its events are there too', () => (record.outbox.position('siem') === 3 ? 1 : null))
    expect(await documentsIn(join(folder, 'events.ndjson'))).toHaveLength(3)
    expect(second.health()).toMatchObject([{ position: 3, flows: { position: 1551, lost: 0 } }])
  })

  it('gets them as CEF over syslog, and again when they are asked for', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'udp' })
    const record = await openedRecord(folder)
    await recordFlows(record, 30)
    const sink = { protocol: 'udp', port: rsyslog.port, flows: true } as const
    const forwarders = forwarding(record, sink)
    await arrived(record, 30)
    const span = { fromSequence: 11, toSequence: 20, flows: true }
    expect(await forwarders.replay('siem', span, 'local')).toMatchObject({ states: 10, missing: 0 })
    const messages = await until('40 messages', async () => {
      const lines = await rsyslog.messages()
      return lines.length >= 40 ? lines.map(cefOf) : null
    })
    const numbers = messages.map(({ extension }) => Number(extension['cn1']))
    const range = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index)
    expect(numbers).toEqual([...range(1, 30), ...range(11, 20)])
    expect(messages[4]).toMatchObject({
      signatureId: 'flow',
      extension: { spt: '1004', dpt: '443', proto: 'TCP', app: 'tls', flexNumber1: '4' },
    })
  })

  it('puts them into a data stream of their own, where repeats vanish', async () => {
    const node = await startBulkNode()
    const record = await openedRecord(await temporaryFolder())
    await recordFlows(record, 25)
    const config = sinkOf({ type: 'elastic', nodes: [node.url], flows: true })
    forwardingTo(record, config)
    await arrived(record, 25)
    forwardingTo(record, { ...config, name: 'other' })
    await until('sent twice', () => (record.flowOutbox.position('other') === 25 ? true : null))
    expect(node.documents.size).toBe(25)
    expect(node.repeats).toBe(25)
    expect(node.asked[0]!.text).toContain('"_index":"logs-picket.flow-default"')
  })

  it('is not sent the flows of replayed captures, and goes on behind them', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    await recordFlows(record, 5)
    const replay = await openRecord({
      ...{ directory: folder, clock: systemClock, log: silentLog, config: RECORD_DEFAULTS },
      forwardsFlows: false,
    })
    await recordFlows(replay, 3, 4)
    await replay.close()
    await recordFlows(record, 2)
    forwardingTo(record, fileSink(folder))
    await arrived(record, 14)
    const flows = await documentsIn(join(folder, 'events-flows.ndjson'))
    expect(flows.map(({ event }) => event.sequence)).toEqual([1, 2, 3, 4, 5, 13, 14])
    expect(flows[5]!.picket.previous_sequence).toBe(5)
  })

  it('refuses to replay flows to a sink that gets none', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    const forwarders = forwardingTo(record, fileSink(folder, { flows: false }))
    const span = { fromSequence: 1, toSequence: 2, flows: true }
    await expect(forwarders.replay('siem', span, 'local')).rejects.toThrow(
      'sink siem gets no flows',
    )
  })
})
