/** What tests of sinks of every kind share: the sink's configuration, a full record, and waiting for the end. */
import { validateConfig } from '../../../src/config/index.ts'
import type { SinkConfig } from '../../../src/forward/config.ts'
import type { Forwarders } from '../../../src/forward/index.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { until } from '../await-until.ts'
import { openedRecord, stories, temporaryFolder } from '../record.ts'

/** A sink as the configuration's check gives it, defaults filled in. */
export function sinkOf(sink: object): SinkConfig {
  const document = { forward: { sinks: [{ name: 'siem', ...sink }] } }
  return validateConfig(document, 'test').forward.sinks[0]!
}

/** A record with so many events, each with its summary. */
export async function recordWith(count: number, folder?: string): Promise<EventRecord> {
  const record = await openedRecord(folder ?? (await temporaryFolder()))
  await record.events.save(stories(count), { forward: true })
  return record
}

/** Waits until the stored position is that of the last event. */
export async function accepted(record: EventRecord, withinMs = 20_000): Promise<void> {
  await until(
    'the sink has everything',
    () => (record.outbox.position('siem') === record.events.lastSequence() ? true : null),
    { withinMs, everyMs: 20 },
  )
}

/** Waits until something is wrong with the sink, and tells what. */
export async function complaint(forwarders: Forwarders): Promise<string> {
  return await until('the sink complains', () => forwarders.health()[0]?.lastError ?? null, {
    everyMs: 20,
  })
}
