/** Wall clock as a value handed in, so that tests and replays can set it. */

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  nowMs(): number
}

export const systemClock: Clock = { nowMs: () => Date.now() }

/** Renders µs since the epoch as RFC 3339 UTC with six decimals, as every Event carries it. */
export function rfc3339FromUs(timestampUs: number): string {
  const wholeSeconds = Math.floor(timestampUs / 1e6)
  const microseconds = Math.floor(timestampUs - wholeSeconds * 1e6)
  const seconds = new Date(wholeSeconds * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(microseconds).padStart(6, '0')}Z`
}

/** Renders ms since the epoch like `rfc3339FromUs`; null, for never, stays null. */
export function rfc3339OrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : rfc3339FromUs(timeMs * 1000)
}

/** As `rfc3339FromUs` writes it, on a day that every month has. */
const OWN_FORM = /^\d{4}-\d\d-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z$/
/** Hours end with 23 (section 5.6), though `Date` takes 24:00 for the next day. */
const ANY_FORM =
  /^(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/
const AFTER_MILLISECONDS = 'YYYY-MM-DDThh:mm:ss.mmm'.length

/** Reads an RFC 3339 date-time with up to nine decimals as µs since the epoch; NaN when it is not one. */
export function usFromRfc3339(text: string): number {
  // Two of each event that is sent: taking it apart costs three times as much.
  if (OWN_FORM.test(text)) {
    return Date.parse(text) * 1000 + Number(text.slice(AFTER_MILLISECONDS, -1))
  }
  const match = ANY_FORM.exec(text)
  if (!match) return Number.NaN
  const [, date, time, fraction = '', zone] = match
  const wholeMs = Date.parse(`${date}T${time}${zone?.toUpperCase()}`)
  if (!isDay(date!)) return Number.NaN
  return wholeMs * 1000 + Math.floor(Number(fraction.padEnd(9, '0')) / 1000)
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const timeMs = Date.parse(date)
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(date)
}
