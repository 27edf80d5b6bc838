/** The packets behind an event, as a capture file. */
import { pcapFile } from '../../evidence/index.ts'
import type { EvidenceLog } from '../../record/logs/evidence-log.ts'
import type { Handler } from '../contract/contract.ts'
import { notFound } from '../problem.ts'

/** Serves `getEventEvidence`. */
export function evidenceHandler(evidence: EvidenceLog): Handler<'getEventEvidence'> {
  return ({ path }) => {
    const id = path.eventId.toLowerCase()
    const found = evidence.of(id)
    if (found === null)
      throw notFound('no packets are kept with this event, or there is no such event')
    return {
      status: 200,
      body: pcapFile(found.linkType, found.records),
      headers: { 'content-disposition': `attachment; filename="picket-${id}.pcap"` },
    }
  }
}
