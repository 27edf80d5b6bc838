/** States of events by their number: how a SIEM asks for what it misses. */
import type { components, operations } from '../../../openapi/contract.d.ts'
import type { Outbox } from '../../record/logs/outbox.ts'
import { invalidRequest } from '../problem.ts'

type Query = NonNullable<operations['listEvents']['parameters']['query']>

const GO_WITH_NUMBERS: readonly string[] = ['fromSequence', 'toSequence', 'limit', 'cursor']

/** Says whether a listing is one of states by number. */
export function asksForStates({ fromSequence, toSequence }: Query): boolean {
  return fromSequence !== undefined || toSequence !== undefined
}

/**
 * Lists the states of a range of numbers, the lowest first; the cursor is the last number of the page.
 *
 * Errors: `invalid-request` for a parameter that does not go with numbers, and for a range that ends first.
 */
export function listStates(
  outbox: Pick<Outbox, 'after'>,
  query: Query & { readonly limit: number },
): components['schemas']['EventPage'] {
  const { fromSequence = 1, toSequence = Number.MAX_SAFE_INTEGER, limit, cursor } = query
  refuseOthers(query)
  if (fromSequence > toSequence) {
    const message = `must be ${fromSequence} or more, as fromSequence is`
    throw invalidRequest([{ field: 'toSequence', value: toSequence, message }])
  }
  const after = cursor === undefined ? fromSequence - 1 : numberOf(cursor)
  const found = outbox.after(after, limit + 1).filter(({ sequence }) => sequence <= toSequence)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const nextCursor = found.length > limit && last !== undefined ? String(last.sequence) : null
  return { items, nextCursor }
}

function refuseOthers(query: Query): void {
  const others = Object.keys(query).filter((name) => !GO_WITH_NUMBERS.includes(name))
  if (others.length === 0) return
  const message = `does not go with fromSequence and toSequence; only ${GO_WITH_NUMBERS.slice(2).join(' and ')} do`
  throw invalidRequest(others.map((field) => ({ field, message })))
}

function numberOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  const message = 'must be the nextCursor of the page before, unchanged'
  throw invalidRequest([{ field: 'cursor', value: cursor, message }])
}
