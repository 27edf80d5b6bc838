/**
 * How lines reach journald from a service's output: each with its level before it as `<N>` (sd-daemon(3)),
 * N as in syslog (RFC 5424 §6.2.1). journald takes the mark away and knows the time itself.
 */
import { fstatSync } from 'node:fs'

const STANDARD_ERROR = 2
const SEVERITIES = { debug: 7, info: 6, warn: 4, error: 3 } as const

/** Says whether standard error is journald's: systemd names the stream's device and inode (systemd.exec(5), `JOURNAL_STREAM`). */
export function goesToJournal(stream = process.env['JOURNAL_STREAM']): boolean {
  if (stream === undefined) return false
  try {
    const { dev, ino } = fstatSync(STANDARD_ERROR)
    return stream === `${dev}:${ino}`
  } catch {
    return false
  }
}

/** Marks every line of `text` with the level. */
export function markedForJournal(text: string, level: keyof typeof SEVERITIES): string {
  return text.replaceAll(/^(?=.)/gm, `<${SEVERITIES[level]}>`)
}
