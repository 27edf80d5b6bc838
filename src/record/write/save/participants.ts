/** Writes who takes part in an event, so that events are found by address. */
import type { Event } from '../../event.ts'
import { addressKeyOfText } from '../../sqlite/address-key.ts'
import type { Connection } from '../../sqlite/connection.ts'

/** Prepares it; to be called inside the transaction that writes the event. */
export function participantSaver(connection: Connection): (eventRow: number, event: Event) => void {
  const remove = connection.prepare('DELETE FROM event_participants WHERE event_row = ?')
  const insert = connection.prepare(
    'INSERT OR IGNORE INTO event_participants (address, role, event_row) VALUES (?, ?, ?)',
  )
  return (eventRow, event) => {
    remove.run(eventRow)
    const save = (address: string | null, role: string): void => {
      const key = address === null ? null : addressKeyOfText(address)
      if (key !== null) insert.run(key, role, eventRow)
    }
    save(event.attacker, 'attacker')
    save(event.host, 'host')
    for (const victim of event.victims) save(victim, 'victim')
  }
}
