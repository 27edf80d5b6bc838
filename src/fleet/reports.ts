/** What hosts send up about orders: what became of each, and that they are there. */
import { rfc3339FromUs, usFromRfc3339 } from '../core/clock.ts'
import { FLEET_OUTCOMES, type FleetVerdict } from '../record/logs/fleet-orders.ts'

/** What one host made of one order. */
export interface Acknowledgement extends FleetVerdict {
  readonly host: string
  readonly orderId: string
}

/** A host as it last told of itself. */
export interface HostReport {
  readonly host: string
  readonly groups: readonly string[]
  readonly version: string
  /** Up to where it has read the orders. */
  readonly position: number
  readonly atMs: number
}

/** Writes a verdict; whose it is and of which order the subject says. */
export function writeVerdict({ decidedAtMs, ...verdict }: FleetVerdict): Uint8Array {
  return encode({ ...verdict, at: rfc3339FromUs(decidedAtMs * 1000) })
}

/**
 * Reads an acknowledgement; null for what is none.
 *
 * Host and order are those of the subject, under which the servers let nobody else write.
 */
export function readAcknowledgement(subject: string, bytes: Uint8Array): Acknowledgement | null {
  const [orderId, host] = subject.split('.').reverse()
  const document = decode(bytes)
  if (orderId === undefined || host === undefined || document === null) return null
  const { guard, detail, at } = document
  const outcome = FLEET_OUTCOMES.find((known) => known === document['outcome'])
  const decidedAtMs = timeOf(at)
  if (outcome === undefined || decidedAtMs === null) return null
  const words = { guard: textOrNull(guard), detail: textOrNull(detail) }
  return { host, orderId, outcome, ...words, decidedAtMs }
}

/** Writes what a host tells of itself. */
export function writeHostReport({ atMs, host: _, ...report }: HostReport): Uint8Array {
  return encode({ ...report, at: rfc3339FromUs(atMs * 1000) })
}

/** Reads what a host tells of itself; null for what is none. */
export function readHostReport(subject: string, bytes: Uint8Array): HostReport | null {
  const host = subject.split('.').at(-1)
  const document = decode(bytes)
  if (host === undefined || document === null) return null
  const { groups, version, position, at } = document
  const atMs = timeOf(at)
  if (!Array.isArray(groups) || typeof version !== 'string' || atMs === null) return null
  if (typeof position !== 'number') return null
  return {
    host,
    groups: groups.filter((name) => typeof name === 'string'),
    version,
    position,
    atMs,
  }
}

const encode = (document: object): Uint8Array => new TextEncoder().encode(JSON.stringify(document))

function decode(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const isObject = typeof document === 'object' && document !== null
    return isObject ? (document as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value.slice(0, 500) : null

function timeOf(value: unknown): number | null {
  const us = typeof value === 'string' ? usFromRfc3339(value) : Number.NaN
  return Number.isNaN(us) ? null : Math.floor(us / 1000)
}
