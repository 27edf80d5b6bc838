/** The syslog header of old (RFC 3164), for receivers that know no other. */
import { usFromRfc3339 } from '../../../core/clock.ts'
import type { Outgoing } from '../../outgoing.ts'
import { priority, type SyslogSender } from './header.ts'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/**
 * Returns `<PRI>Mmm dd hh:mm:ss HOSTNAME` and the space behind it.
 *
 * The time is this host's local time, without a year, as §4.1.2 has it: `rt` in CEF is the exact one. The
 * name goes without its domain (§4.1.2). There is no tag: CEF stands right behind the host, and `CEF:` is the tag.
 * Source: RFC 3164 §4.1; ArcSight CEF, "Header Information".
 */
export function rfc3164Header(event: Outgoing, sender: SyslogSender): string {
  const host = sender.hostname.split('.')[0]!.replace(/[^!-~]/g, '')
  return `${priority(event.severity)}${localTime(event.lastSeen)} ${host === '' ? '-' : host} `
}

function localTime(rfc3339: string): string {
  const us = usFromRfc3339(rfc3339)
  const time = Number.isFinite(us) ? new Date(us / 1000) : new Date(0)
  const day = String(time.getDate()).padStart(2, ' ')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${MONTHS[time.getMonth()]} ${day} ${clock.join(':')}`
}
