/** Page cursors: where a listing stopped, opaque to the client and stable while rows are added. */
import { PicketError } from '../../core/errors.ts'

/** The sort key of the last item of a page: a time and what tells rows of the same time apart. */
export interface Position<Tie extends string | number> {
  readonly time: number
  readonly tie: Tie
}

/** Writes a cursor for the listing `kind`. */
export function encodeCursor(kind: string, position: Position<string | number>): string {
  return Buffer.from(JSON.stringify([kind, position.time, position.tie])).toString('base64url')
}

/** Reads a cursor of a listing whose ties are row numbers. Errors: `ERR_API_REQUEST`. */
export function decodeRowCursor(kind: string, cursor: string): Position<number> {
  const { time, tie } = decode(kind, cursor)
  if (!Number.isSafeInteger(tie)) throw notOurs()
  return { time, tie: tie as number }
}

/** Reads a cursor of a listing whose ties are ids. Errors: `ERR_API_REQUEST`. */
export function decodeIdCursor(kind: string, cursor: string): Position<string> {
  const { time, tie } = decode(kind, cursor)
  if (typeof tie !== 'string' || tie.length > 64) throw notOurs()
  return { time, tie }
}

function decode(kind: string, cursor: string): { time: number; tie: unknown } {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(cursor)) throw notOurs()
  const parts = parseArray(Buffer.from(cursor, 'base64url').toString('utf8'))
  const [foundKind, time, tie] = parts
  if (parts.length !== 3 || foundKind !== kind || !Number.isSafeInteger(time)) throw notOurs()
  return { time: time as number, tie }
}

function parseArray(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function notOurs(): PicketError {
  return new PicketError('ERR_API_REQUEST', 'the cursor is not one this listing gave', {
    hint: 'pass nextCursor of the page before, unchanged, or leave it out to begin at the newest',
  })
}
