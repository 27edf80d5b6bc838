/** ETags of what can be edited: who edits with `If-Match` edits what it has seen, or nothing. */
import { createHash } from 'node:crypto'
import type { AnyAnswer } from '../contract/contract.ts'
import type { Operation } from '../contract/document.ts'
import { ApiProblem } from '../problem.ts'

/** Finds, for each operation that edits a single thing, the GET of the same path. */
export function readersOf(
  operations: readonly Operation[],
): ReadonlyMap<Operation['id'], Operation> {
  const readers = operations.filter(({ method, path }) => method === 'GET' && path.includes('{'))
  return new Map(
    operations
      .filter(({ method }) => method !== 'GET')
      .flatMap(({ id, path }) => {
        const reader = readers.find((one) => one.path === path)
        return reader === undefined ? [] : [[id, reader] as const]
      }),
  )
}

/** Names the state of what an answer shows; an answer whose figures move by themselves names its own. */
export function etagOf({ body, headers }: AnyAnswer): string {
  const own = headers?.['etag']
  if (own !== undefined) return own
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  return `"${hash.slice(0, 22)}"`
}

/** Says whether `If-None-Match` (RFC 9110 §13.1.2) names the edition: then it need not be sent again. */
export function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false
  const named = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return named.includes('*') || named.includes(etag)
}

/**
 * Holds `If-Match` (RFC 9110 §13.1.1) against the present state, which `read` gives, or null where there is none.
 *
 * Errors: `precondition-failed`.
 */
export async function refuseOtherEdition(
  ifMatch: string,
  read: () => Promise<AnyAnswer | null>,
): Promise<void> {
  const present = await read()
  assertEdition(ifMatch, present === null ? null : etagOf(present))
}

/** The same for who has the present ETag at hand. Errors: `precondition-failed`. */
export function assertEdition(ifMatch: string, etag: string | null): void {
  const named = ifMatch.split(',').map((tag) => tag.trim())
  if (etag !== null && (named.includes('*') || named.includes(etag))) return
  throw new ApiProblem(
    'precondition-failed',
    {
      detail: etag === null ? 'it is not there any more' : `its ETag is ${etag} by now`,
      hint: 'read it again, and send its new ETag as If-Match if the edit still fits',
    },
    etag === null ? {} : { etag },
  )
}
