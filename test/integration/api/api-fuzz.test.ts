/** Requests made from the document, fitting and not, with every kind of token: nothing breaks, hangs or slips through. */
import { Database } from '../../../src/record/sqlite/driver.ts'
import { expect, test } from 'vitest'
import {
  operationsOf,
  readApiDocument,
  type Operation,
} from '../../../src/api/contract/document.ts'
import { revokeToken } from '../../../src/api/index.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { API_DEFAULTS, servedApi, type TestApi } from '../../support/api/api-server.ts'
import { contractFaults } from '../../support/api/contract-checker.ts'
import { RequestMaker, type MadeRequest } from '../../support/api/request-maker.ts'
import { stories } from '../../support/record.ts'

// More, and others, by test/fuzz-api.mjs.
const SECONDS = Number(process.env['PICKET_API_FUZZ_SECONDS'] ?? 0)
const SEED = Number(process.env['PICKET_API_FUZZ_SEED'] ?? 20_261_126)
const ROUNDS = 12
const HUNG_AFTER_MS = 30_000

const document = readApiDocument()
const operations = new Map(operationsOf(document).map((one) => [one.id as string, one]))

/** Whom a request may come from, and what the document lets them do. */
interface Sender {
  readonly name: string
  readonly authorization: string | undefined
  readonly scopes: readonly string[]
}

async function sendersOf(api: TestApi): Promise<readonly Sender[]> {
  const made = async (...scopes: ('read' | 'block' | 'admin')[]): Promise<Sender> => ({
    ...{ name: scopes.join('+'), scopes },
    authorization: `Bearer ${await api.token(scopes)}`,
  })
  const bad = (name: string, authorization: string | undefined): Sender => ({
    ...{ name, authorization, scopes: [] },
  })
  const revoked = await api.token(['admin'])
  await revokeToken(api.record.tokens, systemClock, revoked.split('_')[1]!, 'local:0')
  const expired = await api.token(['admin'], 1)
  return [
    bad('nobody', undefined),
    bad('revoked', `Bearer ${revoked}`),
    bad('expired', `Bearer ${expired}`),
    bad('a guess', `Bearer pkt_${'a'.repeat(12)}_${'b'.repeat(43)}`),
    bad('another scheme', 'Basic cm9vdDpyb290'),
    bad('rubbish', 'Bearer ../../etc/passwd'),
    await made('read'),
    await made('block'),
    await made('read', 'block'),
    await made('admin'),
  ]
}

const mayDo = ({ scopes }: Sender, { scope, isOpen }: Operation): boolean =>
  isOpen || scope === null || scopes.includes(scope) || scopes.includes('admin')

/** All that a request might change, as text; the audit trail but for refused logins among it. */
function stateOf(api: TestApi): string {
  const database = new Database(api.record.path, { readonly: true })
  const tables = ['tokens', 'verdicts', 'suppressions', 'blocks', 'rule_switches', 'events']
  const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all())
  const audit = database
    .prepare("SELECT count(*) FROM audit WHERE action NOT IN ('login.refused', 'api.refused')")
    .pluck()
    .get()
  database.close()
  return JSON.stringify([rows, audit, api.restarted])
}

async function send(api: TestApi, made: MadeRequest, { authorization }: Sender) {
  const response = await fetch(api.url + made.path, {
    method: made.method,
    redirect: 'manual',
    signal: AbortSignal.timeout(HUNG_AFTER_MS),
    headers: {
      ...made.headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(made.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(made.body === undefined ? {} : { body: made.body }),
  })
  const type = response.headers.get('content-type') ?? ''
  const isStream = type.startsWith('text/event-stream')
  if (isStream) await response.body!.cancel()
  const text = isStream ? '' : await response.text()
  const body: unknown = type.includes('json') && text !== '' ? JSON.parse(text) : text
  return { status: response.status, type, body, text, headers: response.headers }
}

const minutes = Math.ceil(SECONDS / 60) + 1
test(
  'whatever is sent is answered as described, and changes nothing without the scope',
  { timeout: minutes * 60_000 },
  async () => {
    const limits = {
      ...API_DEFAULTS.limits,
      requestsPerMinute: 10_000_000,
      failedLoginsPerMinute: 1000,
    }
    const api = await servedApi({ config: { limits } })
    const [event] = await api.record.events.save(stories(1), { forward: true })
    const senders = await sendersOf(api)
    const maker = new RequestMaker(document, SEED)
    const untilMs = performance.now() + SECONDS * 1000
    const statuses = new Map<number, number>()
    let state = stateOf(api)
    for (let sent = 0; sent < ROUNDS * maker.operations || performance.now() < untilMs; sent += 1) {
      const made = maker.next()
      // Half of the requests for one event are for one that is there.
      const path = sent % 2 === 0 ? made.path : made.path.replace(/0198c0de-[0-9a-f-]+/, event!.id)
      const sender = senders[(sent * 7 + Math.floor(sent / maker.operations)) % senders.length]!
      const what = `seed ${SEED}, request ${sent}: ${made.method} ${path} by ${sender.name}, ${made.body?.slice(0, 300)}`
      const answer = await send(api, { ...made, path }, sender)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      expect(answer.status, `${what}\n${answer.text}`).not.toBe(500)
      expect(answer.text, what).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules/)
      if (![404, 405].includes(answer.status)) {
        expect(
          contractFaults(made.method, new URL(path, api.url).pathname, answer),
          `${what}\n${answer.text}`,
        ).toEqual([])
      }
      const operation = operations.get(made.operationId)!
      if (!mayDo(sender, operation)) {
        // A path that was spoiled may lead elsewhere, or nowhere.
        expect([401, 403, 404, 405, 414, 429], what).toContain(answer.status)
        expect(stateOf(api), what).toBe(state)
      } else if (made.method !== 'GET') state = stateOf(api)
    }
    expect(await api.record.audit.verify()).toMatchObject({ isIntact: true })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    // Otherwise it would have tried the doors alone, or the validator alone.
    for (const status of [200, 201, 400, 401, 403, 404])
      expect(statuses.get(status), String(status)).toBeGreaterThan(0)
  },
)
