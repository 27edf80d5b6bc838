/** A node that follows the documented bulk API of Elasticsearch on a data stream, per-item errors included. */
import type { Certificate } from '../certificates.ts'
import {
  startHttpCollector,
  type Answer,
  type Asked,
  type HttpCollector,
} from './http-collector.ts'

export interface Document {
  readonly '@timestamp': string
  readonly event: { readonly id: string; readonly sequence: number }
  readonly picket: { readonly count: number; readonly revision: number }
}

interface ItemError {
  readonly status: number
  readonly type: string
  readonly reason: string
}

export interface BulkNode extends HttpCollector {
  /** By `_id`; it survives a crash. */
  readonly documents: ReadonlyMap<string, Document>
  /** Documents that were there already when they were sent. */
  readonly repeats: number
}

export interface BulkOptions {
  /** What the Authorization header must be. */
  readonly authorization?: string
  readonly certificate?: Certificate
  readonly clientCa?: string
  /** The store; nodes of one cluster share it. */
  readonly store?: Map<string, Document>
  /** Says first what to answer; null to go on as usual, 'dead' to end the connection. */
  refuse?(asked: Asked): Answer | 'dead' | null
  /** Whether the connection ends after the documents were stored. */
  loseAnswer?(): boolean
  /** Says what is wrong with a document; null for nothing. */
  fault?(document: Document): ItemError | null
}

export async function startBulkNode(options: BulkOptions = {}): Promise<BulkNode> {
  const documents = options.store ?? new Map<string, Document>()
  let repeats = 0
  const create = (id: string, document: Document): { status: number; error?: ItemError } => {
    if (documents.has(id)) {
      repeats += 1
      const reason = `[${id}]: version conflict, document already exists`
      return failed({ status: 409, type: 'version_conflict_engine_exception', reason })
    }
    if (typeof document['@timestamp'] !== 'string') {
      const reason = 'data stream timestamp field [@timestamp] is missing'
      return failed({ status: 400, type: 'document_parsing_exception', reason })
    }
    const fault = options.fault?.(document) ?? null
    if (fault !== null) return failed(fault)
    documents.set(id, document)
    return { status: 201 }
  }
  const answer = (asked: Asked): Answer | null => {
    const refused = options.refuse?.(asked) ?? null
    if (refused !== null) return refused === 'dead' ? null : refused
    const barred = requestFault(asked, options)
    if (barred !== null) return barred
    const lines = asked.text.slice(0, -1).split('\n')
    const items = Array.from({ length: lines.length / 2 }, (_, index) => {
      const action = JSON.parse(lines[2 * index]!) as { create: { _index: string; _id: string } }
      return { create: create(action.create._id, JSON.parse(lines[2 * index + 1]!) as Document) }
    })
    if (options.loseAnswer?.() === true) return null
    return { status: 200, body: { errors: items.some(({ create: { error } }) => error), items } }
  }
  const collector = await startHttpCollector({ ...options, answer })
  return {
    ...collector,
    documents,
    get repeats() {
      return repeats
    },
  }
}

const failed = (error: ItemError) => ({ status: error.status, error })

function requestFault(
  { path, headers, text }: Asked,
  { authorization }: BulkOptions,
): Answer | null {
  const fault = (status: number, type: string, reason: string): Answer => ({
    status,
    body: { error: { type, reason }, status },
  })
  if (authorization !== undefined && headers.authorization !== authorization) {
    return fault(401, 'security_exception', 'unable to authenticate')
  }
  if (path !== '/_bulk') return fault(404, 'illegal_argument_exception', `no handler for ${path}`)
  if (!/^application\/(x-ndjson|json)/.test(headers['content-type'] ?? '')) {
    return fault(406, 'media_type_header_exception', 'Content-Type is not supported')
  }
  if (text.endsWith('\n')) return null
  return fault(
    400,
    'illegal_argument_exception',
    'The bulk request must be terminated by a newline',
  )
}
