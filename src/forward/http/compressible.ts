/** A body, compressed where the configuration says so. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const gzipped = promisify(gzip)
/** Off the event loop (zlib has threads of its own); level 1 is a third of the default's cost for nearly its size. */
const LEVEL = 1

export interface Body {
  readonly body: Buffer | string
  readonly headers: Readonly<Record<string, string>>
}

/** Gives a body and the headers that go with it. */
export async function compressible(plain: Buffer | string, isCompressed: boolean): Promise<Body> {
  if (!isCompressed) return { body: plain, headers: {} }
  return { body: await gzipped(plain, { level: LEVEL }), headers: { 'content-encoding': 'gzip' } }
}
