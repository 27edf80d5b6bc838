/** Documents of events as Elasticsearch has them, so many minutes before the moment at which a rule asks. */
import { rfc3339FromUs } from '../../../src/core/clock.ts'
import { ecsDocument } from '../../../src/forward/formats/ecs.ts'
import { event } from '../record.ts'

/** The moment at which rules ask. */
export const NOW_MS = Date.parse('2026-01-05T12:00:00Z')
const at = (minutes: number): string => new Date(NOW_MS - minutes * 60_000).toISOString()
const context = { version: '0.1.0', hostname: 'web-1' }

/** A document as it is stored that many minutes before now. */
export function stored(minutesAgo: number, changes: Parameters<typeof event>[0]): object {
  const lastSeen = rfc3339FromUs((NOW_MS - minutesAgo * 60_000) * 1000)
  const document = ecsDocument(event({ firstSeen: lastSeen, lastSeen, ...changes }), context)
  return { ...document, event: { ...(document['event'] as object), ingested: at(minutesAgo) } }
}

/** The heartbeat of an agent that was sent events up to a number. */
export const beat = (minutesAgo: number, lastSent: number, changes: object = {}): object =>
  stored(minutesAgo, {
    ...{ kind: 'health.heartbeat', family: 'health', severity: 0, verdict: 'allow' },
    ...{ attacker: null, victims: [], sequence: lastSent, previousSequence: lastSent },
    ...changes,
  })
