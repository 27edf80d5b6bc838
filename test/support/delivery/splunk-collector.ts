/** A server that follows what Splunk documents of its HTTP Event Collector, refusals and late acknowledgements included. */
import type { Certificate } from '../certificates.ts'
import {
  startHttpCollector,
  type Answer,
  type Asked,
  type HttpCollector,
} from './http-collector.ts'

export interface HecEvent {
  readonly time: number
  readonly host: string
  readonly source: string
  readonly sourcetype: string
  readonly index?: string
  readonly event: { readonly event: { readonly id: string; readonly sequence: number } }
}

export interface SplunkCollector extends HttpCollector {
  /** What is indexed: it survives a crash. */
  readonly indexed: HecEvent[]
  /** What is taken and not yet indexed: a crash loses it. */
  readonly queued: HecEvent[]
  /** Indexes what is queued, as the indexer does sooner or later. */
  index(): void
}

export interface SplunkOptions {
  readonly token: string
  readonly hasAck: boolean
  /** Taken events are indexed at once; else when `index` is called. */
  readonly isPrompt?: boolean
  readonly certificate?: Certificate
  readonly clientCa?: string
  /** Says first what to answer to a POST of events; null to go on as usual, 'dead' to end the connection. */
  refuse?(asked: Asked): Answer | 'dead' | null
  /** Whether an event is wrong, and with which code. */
  fault?(event: HecEvent): number | null
}

const TEXTS: Readonly<Record<number, string>> = {
  0: 'Success',
  2: 'Token is required',
  3: 'Invalid authorization',
  4: 'Invalid token',
  6: 'Invalid data format',
  10: 'Data channel is missing',
  12: 'Event field is required',
  14: 'ACK is disabled',
}

const refusal = (status: number, code: number, more: object = {}): Answer => ({
  status,
  body: { text: TEXTS[code] ?? 'refused', code, ...more },
})

export async function startSplunk(options: SplunkOptions): Promise<SplunkCollector> {
  const state = { indexed: [] as HecEvent[], queued: [] as HecEvent[], nextAckId: 0 }
  let acks = new Map<number, boolean>()
  const index = (): void => {
    state.indexed.push(...state.queued.splice(0))
    acks.forEach((_, id) => acks.set(id, true))
  }
  const take = ({ text }: Asked): Answer => {
    const events = text.split('\n').map((line) => JSON.parse(line) as HecEvent)
    for (const [number, event] of events.entries()) {
      const code = options.fault?.(event) ?? null
      if (code !== null) return refusal(400, code, { 'invalid-event-number': number })
      if (typeof event.time !== 'number' || typeof event.event !== 'object') {
        return refusal(400, 12, { 'invalid-event-number': number })
      }
    }
    state.queued.push(...events)
    if (!options.hasAck) return { status: 200, body: { text: 'Success', code: 0 } }
    const ackId = state.nextAckId++
    acks.set(ackId, false)
    if (options.isPrompt === true) index()
    return { status: 200, body: { text: 'Success', code: 0, ackId } }
  }
  const tell = ({ text }: Asked): Answer => {
    const { acks: ids } = JSON.parse(text) as { acks: number[] }
    const told = ids.map((id) => [id, acks.get(id) ?? false] as const)
    // Splunk forgets what it has told.
    for (const [id, is] of told) if (is) acks.delete(id)
    return { status: 200, body: { acks: Object.fromEntries(told) } }
  }
  const answer = (asked: Asked): Answer | null => {
    const barred = authorizationFault(asked, options)
    if (barred !== null) return barred
    if (asked.path === '/services/collector/ack')
      return options.hasAck ? tell(asked) : refusal(400, 14)
    const refused = options.refuse?.(asked) ?? null
    if (refused !== null) return refused === 'dead' ? null : refused
    const taken = take(asked)
    if (options.isPrompt === true) index()
    return taken
  }
  const collector = await startHttpCollector({ ...options, answer })
  const crash = async (): Promise<void> => {
    await collector.crash()
    state.queued.length = 0
    acks = new Map()
  }
  return { ...collector, ...state, crash, index }
}

function authorizationFault({ headers, query }: Asked, { token, hasAck }: SplunkOptions) {
  const { authorization } = headers
  if (authorization === undefined) return refusal(401, 2)
  if (!authorization.startsWith('Splunk ')) return refusal(401, 3)
  if (authorization !== `Splunk ${token}`) return refusal(403, 4)
  const channel = headers['x-splunk-request-channel'] ?? query.get('channel')
  return hasAck && !/^[0-9a-f-]{36}$/.test(String(channel)) ? refusal(400, 10) : null
}
