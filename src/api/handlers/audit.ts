/** The audit trail: who changed what, and whether the trail is whole. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import type { AuditHead, AuditRow, AuditTrail } from '../../record/logs/audit-trail.ts'
import type { Handler } from '../contract/contract.ts'
import { timeUsOf } from '../query.ts'

/** Serves `listAudit` and `verifyAudit`. */
export function auditHandlers(audit: AuditTrail): {
  listAudit: Handler<'listAudit'>
  verifyAudit: Handler<'verifyAudit'>
} {
  return {
    listAudit: async ({ query }) => {
      const { from, to, ...filters } = query
      const { items, nextCursor } = await audit.list({
        ...filters,
        fromMs: timeMsOf(from),
        toMs: timeMsOf(to),
      })
      return { status: 200, body: { items: items.map(apiAuditRow), nextCursor } }
    },
    verifyAudit: async ({ query }) => {
      const found = await audit.verify(query.head === undefined ? undefined : headOf(query.head))
      return { status: 200, body: { ...found, problems: [...found.problems] } }
    },
  }
}

/** Rows carry ms: a time between two of them is rounded up, so that `from` and `to` cut at the same place. */
function timeMsOf(text: string | undefined): number | undefined {
  const timeUs = timeUsOf(text)
  return timeUs === undefined ? undefined : Math.ceil(timeUs / 1000)
}

/** The document's pattern has said that it is `ID:HASH`. */
function headOf(text: string): AuditHead {
  const [id = '', hash = ''] = text.split(':')
  return { id: Number(id), hash }
}

function apiAuditRow({ atMs, ...row }: AuditRow): components['schemas']['AuditRow'] {
  return { ...row, at: rfc3339FromUs(atMs * 1000), details: { ...row.details } }
}
