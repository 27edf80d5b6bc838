/** Hours of the week in which a rule acts: `mon-fri 08:00-18:00`. Pure. */
import { HOURS } from './config.ts'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const DAY_MINUTES = 24 * 60

/** Says whether a time, ms since the epoch, lies within the hours. */
export type WithinHours = (timeMs: number) => boolean

/**
 * Reads hours; those that end before they begin go on into the next day.
 *
 * Errors: `RangeError` for text that the pattern of the configuration does not admit, or an unknown zone.
 */
export function readHours(text: string, timeZone: string): WithinHours {
  const [, days, ...times] = HOURS.exec(text) ?? []
  if (times.length !== 4) throw new RangeError(`not hours: ${text}`)
  const [fromHour, fromMinute, toHour, toMinute] = times.map(Number)
  const from = fromHour! * 60 + fromMinute!
  const to = toHour! * 60 + toMinute!
  const active = daysOf(days)
  const localTime = localTimeIn(timeZone)
  return (timeMs) => {
    const { day, minute } = localTime(timeMs)
    if (from < to) return active.has(day) && minute >= from && minute < to
    const dayBefore = (day + 6) % 7
    return (active.has(day) && minute >= from) || (active.has(dayBefore) && minute < to)
  }
}

/** `mon-fri,sun` as day numbers, Monday 0; a range may go over the end of the week. */
function daysOf(text: string | undefined): ReadonlySet<number> {
  if (text === undefined) return new Set(DAYS.keys())
  const days = text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map((day) => DAYS.findIndex((one) => one === day))
    const length = ((last! - first! + 7) % 7) + 1
    return Array.from({ length }, (_, index) => (first! + index) % 7)
  })
  return new Set(days)
}

function localTimeIn(timeZone: string): (timeMs: number) => { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]))
    const day = DAYS.findIndex((name) => name === parts.get('weekday')?.toLowerCase())
    const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
    return { day, minute: minute % DAY_MINUTES }
  }
}
