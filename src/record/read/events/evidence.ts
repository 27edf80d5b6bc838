/** Reads the packets of an event. */
import type { PacketEvidence } from '../../../detect/detection.ts'
import type { EvidenceLog } from '../../logs/evidence-log.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'

interface Row {
  readonly link_type: number
  readonly packets: number
  readonly records: Buffer
}

/** The reading half of the evidence log. */
export function evidenceReader(connection: ReadConnection): Pick<EvidenceLog, 'of'> {
  const select = connection.prepare(
    'SELECT link_type, packets, records FROM evidence WHERE event_id = ?',
  )
  return {
    of(eventId): PacketEvidence | null {
      const row = select.get(eventId.toLowerCase()) as Row | undefined
      if (row === undefined) return null
      return { linkType: row.link_type, packets: row.packets, records: row.records }
    },
  }
}
