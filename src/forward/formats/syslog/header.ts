/** What the old and the new syslog header have in common: who sends, and the number they begin with. */

export interface SyslogSender {
  /** Name of this host. */
  readonly hostname: string
  /** Version of Picket. */
  readonly version: string
  readonly processId: number
}

/** `authpriv`: what is meant for those who guard the host; distributions keep it in a file only root reads. */
const FACILITY = 10

/** Returns `<PRI>` for an event's severity, 0–10 (RFC 5424 §6.2.1, RFC 3164 §4.1.1). */
export function priority(severity: number): string {
  return `<${FACILITY * 8 + syslogSeverity(severity)}>`
}

/** Maps 0–10 to syslog's levels: 9 and 10 critical, 7 and 8 error, 4 to 6 warning, 1 to 3 notice, 0 info. */
function syslogSeverity(severity: number): number {
  if (severity >= 9) return 2
  if (severity >= 7) return 3
  if (severity >= 4) return 4
  return severity >= 1 ? 5 : 6
}
