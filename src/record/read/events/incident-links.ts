/**
 * Who was broken into and then did the like: links the incident of a host that had been a victim to the one in
 * which it was. Derived from the events as they lie in the log, so nothing can disagree with them.
 */
import { addressKeyOfText } from '../../sqlite/address-key.ts'
import type { ReadConnection, ReadStatement } from '../../sqlite/live-connection.ts'
import type { Incident, IncidentLink } from '../../logs/triage-log.ts'

/** What a host may be taken over by; a scan of it, however long, is not. The index `events_takeovers` is of these. */
const TAKEOVERS = `severity >= 8 AND family IN ('bruteforce', 'exploit', 'web', 'lateral')`
/** Who is broken into may be kept in store for days before being used. */
const LONGEST_US = 7 * 24 * 3600e6
/** A party that was the victim of as many events is looked for among the break-ins, which are fewer. */
const MANY = 1000

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
 * Cost: of the party's events as a victim and the break-ins of the week before, an index look-up for each of the fewer.
 */
export function incidentLinkReader(connection: ReadConnection): LinkReader {
  const selectMany = connection
    .prepare(
      `SELECT 1 FROM event_participants WHERE address = ? AND role = 'victim' LIMIT 1 OFFSET ${MANY}`,
    )
    .pluck()
  const [selectOfParty, selectOfBreakIns] = followedBy(connection)
  const selectVictims = connection.prepare(`
    SELECT victim.value AS party, min(e.first_seen_us) AS sinceUs
    FROM events e INDEXED BY events_by_incident, json_each(e.body, '$.victims') AS victim
    WHERE incident = @id AND ${TAKEOVERS} GROUP BY victim.value`)
  const selectLater = connection.prepare(`
    SELECT id, first_seen_us AS firstSeenUs FROM incidents
    WHERE party = @party AND last_seen_us >= @sinceUs AND role IN ('attacker', 'host') AND id <> @id
      AND first_seen_us BETWEEN @sinceUs AND @sinceUs + ${LONGEST_US}`)
  return {
    followed({ id, party, role, firstSeenUs }) {
      const address = role === 'victim' ? null : addressKeyOfText(party)
      if (address === null) return null
      const select = selectMany.get(address) === undefined ? selectOfParty : selectOfBreakIns
      return (select.get({ id, address, firstSeenUs }) as IncidentLink | undefined) ?? null
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

/** Both ways to the same answer: by the events of which the party is a victim, and by the break-ins. */
function followedBy(connection: ReadConnection): readonly [ReadStatement, ReadStatement] {
  const link = `e.id AS eventId, e.incident, e.kind, e.body ->> '$.attacker' AS attacker, e.severity,
    e.first_seen_us AS firstSeenUs`
  const latest = `${TAKEOVERS} AND first_seen_us <= @firstSeenUs
    AND last_seen_us >= @firstSeenUs - ${LONGEST_US} AND incident IS NOT @id
    ORDER BY first_seen_us DESC LIMIT 1`
  return [
    connection.prepare(`
      SELECT ${link} FROM event_participants p CROSS JOIN events e ON e.row = p.event_row
      WHERE p.address = @address AND p.role = 'victim' AND ${latest}`),
    connection.prepare(`
      SELECT ${link} FROM events e INDEXED BY events_takeovers
      WHERE EXISTS (SELECT 1 FROM event_participants
        WHERE address = @address AND role = 'victim' AND event_row = e.row) AND ${latest}`),
  ]
}
