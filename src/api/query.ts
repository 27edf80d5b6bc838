/** Query parameters, already checked by the document, as the record's queries want them. */
import { usFromRfc3339 } from '../core/clock.ts'
import { parseCidr, type Cidr } from '../net/cidr.ts'

/** Reads a checked time as µs since the epoch. */
export function timeUsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : usFromRfc3339(text)
}

/** Reads a checked address or range. */
export function rangeOf(text: string | undefined): Cidr | undefined {
  return text === undefined ? undefined : (parseCidr(text) ?? undefined)
}
