/** The API document itself, so that clients and pages need no copy of it. */
import type { Handler } from '../../contract/contract.ts'
import type { ApiDocument } from '../../contract/document.ts'

/** Serves `getOpenApi`. */
export function documentHandler(document: ApiDocument): Handler<'getOpenApi'> {
  const body = document as unknown as Record<string, never>
  return () => ({ status: 200, body })
}
