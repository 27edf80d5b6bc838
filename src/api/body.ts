/** Reads request bodies: JSON only, bounded, never more in memory than the bound. */
import { structureFault } from './contract/json-structure.ts'
import { ApiProblem, invalidRequest } from './problem.ts'

/**
 * Gives the parsed JSON body.
 *
 * Errors: `unsupported-media-type`; `body-too-large`, answered before the rest has arrived; `invalid-request`
 * where it is not UTF-8 or not JSON.
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  refuseOtherMedia(request.headers)
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes)
  return parseJson(decodeUtf8(await readBounded(request, maxBytes)))
}

/**
 * Refuses a body where none is taken: what it means to narrow (a target to lift) would else be done to everything.
 *
 * An empty object is let pass: some clients send one with every request.
 */
export async function refuseBody(request: Request, maxBytes: number): Promise<undefined> {
  const bytes = await readBounded(request, maxBytes)
  if (/^\s*(\{\s*\}\s*)?$/.test(new TextDecoder().decode(bytes))) return undefined
  const message = 'must be empty: this operation takes what it is told in the path and the query'
  throw invalidRequest([{ field: 'body', message }])
}

function refuseOtherMedia(headers: Headers): void {
  const packed = headers.get('content-encoding') ?? 'identity'
  if (packed !== 'identity') {
    const detail = `the body is packed (${packed.slice(0, 100)}); this operation takes it as it is`
    const hint = 'send it without the header content-encoding, not compressed'
    throw new ApiProblem('unsupported-media-type', { detail, hint })
  }
  const contentType = headers.get('content-type')
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase()
  if (mediaType === 'application/json') return
  const given = contentType === null ? 'of no stated type' : contentType.slice(0, 100)
  throw new ApiProblem('unsupported-media-type', {
    detail: `the body is ${given}; this operation takes application/json`,
    hint: 'send the header content-type: application/json',
  })
}

async function readBounded(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  for (;;) {
    const { done, value } = await reader.read().catch(cutShort)
    if (done) return Buffer.concat(chunks)
    length += value.length
    if (length > maxBytes) {
      // Not awaited: the sender may never end what it sends.
      void reader.cancel().catch(() => undefined)
      throw tooLarge(maxBytes)
    }
    chunks.push(value)
  }
}

/** The client has gone: whatever is answered, nobody reads it. */
function cutShort(): never {
  throw invalidRequest([{ field: 'body', message: 'must arrive whole' }])
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalidRequest([{ field: 'body', message: 'must be UTF-8' }])
  }
}

function parseJson(text: string): unknown {
  const body = parsed(text)
  const message = structureFault(text)
  if (message !== null) throw invalidRequest([{ field: 'body', message }])
  return body
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : ''
    throw invalidRequest([{ field: 'body', message: `must be valid JSON: ${reason}` }])
  }
}

function tooLarge(maxBytes: number): ApiProblem {
  const detail = `the body may have ${maxBytes} bytes at most`
  return new ApiProblem('body-too-large', { detail }, { connection: 'close' })
}
