/**
 * Who was broken into and then did the like: links the incident of a host that had been a victim to the one in
 * which it was. Derived from the events as they lie in the log, so nothing can disagree with them.
 */
import { addressKeyOfText } from '../sqlite/address-key.ts'
import type { ReadConnection } from '../sqlite/live-connection.ts'
import type { Incident, IncidentLink } from '../logs/triage-log.ts'

/** What a host may be taken over by; a scan of it, however long, is not. */
const TAKEOVERS = `e.severity >= 8 AND e.family IN ('bruteforce', 'exploit', 'web', 'lateral')`
/** Who is broken into may be kept in store for days before being used. */
const LONGEST_US = 7 * 24 * 3600e6

/** An incident as it lies in its table. */
type Row = Pick<Incident, 'id' | 'party' | 'role' | 'firstSeenUs' | 'lastSeenUs'>

interface LinkReader {
  /** The latest break-in to the party before its own incident began; null where none is known. */
  followed(row: Row): IncidentLink | null
  /** Incidents of those that were broken into in this one, the earliest first. */
  ledTo(row: Row): readonly string[]
}

/**
 * Prepares the finding of links.
 *
 * Cost: an index look-up for each event in which the party is a victim; for most parties there is none.
 */
export function incidentLinkReader(connection: ReadConnection): LinkReader {
  const selectFollowed = connection.prepare(`
    SELECT e.id AS eventId, e.incident, e.kind, e.body ->> '$.attacker' AS attacker, e.severity,
      e.first_seen_us AS firstSeenUs
    FROM event_participants p CROSS JOIN events e ON e.row = p.event_row
    WHERE p.address = @address AND p.role = 'victim' AND ${TAKEOVERS}
      AND e.first_seen_us <= @firstSeenUs AND e.last_seen_us >= @firstSeenUs - ${LONGEST_US}
      AND e.incident IS NOT @id
    ORDER BY e.first_seen_us DESC LIMIT 1`)
  const selectVictims = connection.prepare(`
    SELECT victim.value AS party, min(e.first_seen_us) AS sinceUs
    FROM events e INDEXED BY events_by_incident, json_each(e.body, '$.victims') AS victim
    WHERE e.incident = @id AND ${TAKEOVERS} GROUP BY victim.value`)
  const selectLater = connection.prepare(`
    SELECT id, first_seen_us AS firstSeenUs FROM incidents
    WHERE party = @party AND role IN ('attacker', 'host') AND id <> @id
      AND first_seen_us BETWEEN @sinceUs AND @sinceUs + ${LONGEST_US}`)
  return {
    followed({ id, party, role, firstSeenUs }) {
      const address = role === 'victim' ? null : addressKeyOfText(party)
      if (address === null) return null
      return (selectFollowed.get({ id, address, firstSeenUs }) as IncidentLink | undefined) ?? null
    },
    ledTo({ id }) {
      const victims = selectVictims.all({ id }) as { party: string; sinceUs: number }[]
      const later = victims.flatMap(
        ({ party, sinceUs }) =>
          selectLater.all({ party, id, sinceUs }) as { id: string; firstSeenUs: number }[],
      )
      later.sort((one, other) => one.firstSeenUs - other.firstSeenUs)
      return later.map((one) => one.id)
    },
  }
}
