/** Reads what people type after options: durations, times, lists; wrong ones are usage errors. */
import { InvalidArgumentError } from 'commander'
import { usFromRfc3339 } from '../core/clock.ts'
import { addresseeOf, type Addressee } from '../fleet/subjects.ts'
import { parsePortRange, type PortRange } from '../net/port-range.ts'
import { SCOPES, type Scope } from '../record/logs/api/token-store.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86400,
  w: 604800,
}

/** Without a zone, as our tables have times. */
const PRINTED = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?$/

/** Reads `600`, `10m`, `2h`, `30d` or `1w` as seconds; 1 or more. */
export function seconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? []
  const result = count === '' ? Number.NaN : Number(count) * UNIT_SECONDS[unit]!
  if (!(result >= 1)) {
    throw new InvalidArgumentError('give seconds or a number with s, m, h, d or w, such as 10m.')
  }
  return result
}

/** Reads seconds, or `never`; not as null, which commander would turn into an empty string. */
export function secondsOrNever(text: string): number | 'never' {
  return text === 'never' ? text : seconds(text)
}

/**
 * Reads a point in time, given in full (`2026-01-05T10:00:00Z`, `2026-01-05`), as our tables print it
 * (`2026-01-05 10:00:00`, in UTC) or as an age (`2h`), as RFC 3339.
 */
export function pointInTime(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return checkedTime(`${text}T00:00:00Z`)
  const [, day, minute, second = ':00'] = PRINTED.exec(text) ?? []
  if (day !== undefined) return checkedTime(`${day}T${minute}${second}Z`)
  if (/^\d{1,9}[smhdw]$/.test(text)) {
    return new Date(Date.now() - seconds(text) * 1000).toISOString()
  }
  return checkedTime(text)
}

/** Reads a whole number within bounds. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`give a whole number from ${minimum} to ${maximum}.`)
  }
}

/** Reads a range of numbers, `120-180` or `120`; both ends included. */
export function numberRange(text: string): { readonly from: number; readonly to: number } {
  const [, from = '', to = from] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? []
  const range = { from: Number(from), to: Number(to) }
  if (from !== '' && range.from >= 1 && range.to >= range.from) return range
  throw new InvalidArgumentError('give a number or a range of them, the lower one first: 120-180.')
}

/** Reads ports and ranges of them separated by commas: `22,8000-8100`. */
export function portList(text: string): PortRange[] {
  return text.split(',').map((part) => {
    const range = parsePortRange(part.trim())
    if (range !== null) return range
    throw new InvalidArgumentError(
      `'${part}' is no port; give ports from 0 to 65535 and ranges of them, such as 22,8000-8100.`,
    )
  })
}

/** Reads hosts of a fleet: `all`, `group:NAME` or `host:NAME`. */
export function addressee(text: string): Addressee {
  const found = addresseeOf(text)
  if (found !== null) return found
  throw new InvalidArgumentError('give all, group:NAME or host:NAME.')
}

/** Reads scopes separated by commas. */
export function scopeList(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim())
  return names.map((name) => {
    const scope = SCOPES.find((known) => known === name)
    if (scope === undefined) {
      throw new InvalidArgumentError(`'${name}' is no scope; choose from ${SCOPES.join(', ')}.`)
    }
    return scope
  })
}

function checkedTime(text: string): string {
  if (!Number.isNaN(usFromRfc3339(text))) return text
  throw new InvalidArgumentError(
    'give a time such as 2026-01-05T10:00:00Z, a time or a day in UTC such as 2026-01-05 10:00 or 2026-01-05, or an age such as 2h.',
  )
}
