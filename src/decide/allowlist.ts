/** The configured allowlist, read once: ranges that are never blocked, why, and until when. */
import { usFromRfc3339 } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { cidrContains, parseCidr, type Cidr } from '../net/cidr.ts'
import { parseAddress } from '../net/address.ts'
import type { PolicyConfig } from './config.ts'

export interface AllowedRange {
  readonly range: Cidr
  readonly comment: string | null
  /** Null for good. */
  readonly untilMs: number | null
}

/**
 * Reads the entries.
 *
 * Errors: `ERR_CONFIG_INVALID` for one that is no range, or ends at no time: an allowlist that is half understood
 * protects nobody.
 */
export function readAllowlist(entries: PolicyConfig['allowlist']): readonly AllowedRange[] {
  return entries.map((entry, index) => {
    const { range: text, comment = null, expires } = typeof entry === 'string' ? { range: entry } : entry // prettier-ignore
    const range = parseCidr(text)
    if (range === null) throw noRange(index, text)
    if (expires === undefined) return { range, comment, untilMs: null }
    const untilUs = usFromRfc3339(expires)
    if (Number.isNaN(untilUs)) throw noTime(index, expires)
    return { range, comment, untilMs: untilUs / 1000 }
  })
}

/** Gives those that are still in force. */
export function inForce(
  allowlist: readonly AllowedRange[],
  nowMs: number,
): readonly AllowedRange[] {
  return allowlist.filter(({ untilMs }) => untilMs === null || untilMs > nowMs)
}

/** Finds the entry in force that holds the address; null where none does. */
export function allowing(
  address: string,
  allowlist: readonly AllowedRange[],
  nowMs: number,
): AllowedRange | null {
  const parsed = parseAddress(address)
  if (parsed === null) return null
  return inForce(allowlist, nowMs).find(({ range }) => cidrContains(range, parsed)) ?? null
}

function noRange(index: number, text: string): PicketError {
  return new PicketError(
    'ERR_CONFIG_INVALID',
    `policy.allowlist.${index} holds ${JSON.stringify(text)}, which is neither an address nor a range`,
    { hint: 'write it like 192.0.2.10 or 2001:db8:1::/48' },
  )
}

function noTime(index: number, text: string): PicketError {
  return new PicketError(
    'ERR_CONFIG_INVALID',
    `policy.allowlist.${index}.expires is ${JSON.stringify(text)}, which is no time`,
    { hint: 'write it like 2026-12-31T00:00:00Z' },
  )
}
