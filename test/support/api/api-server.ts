/** The API on real sockets over a real record and a real blocker; only the firewall is the dry-run one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../../src/record/sqlite/driver.ts'
import { onTestFinished } from 'vitest'
import {
  createApi,
  createToken,
  listen,
  type ApiParts,
  type Health,
  type RuleStates,
} from '../../../src/api/index.ts'
import { validateConfig } from '../../../src/config/index.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { Pulse } from '../../../src/core/process/pulse.ts'
import { createMetrics } from '../../../src/core/log/metrics.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { Feeds } from '../../../src/detect/intel/index.ts'
import { createFleetDesk } from '../../../src/fleet/index.ts'
import type { FleetConfig } from '../../../src/fleet/config.ts'
import { restingSinks } from '../../../src/forward/index.ts'
import { parseCidr } from '../../../src/net/cidr.ts'
import { openRecord } from '../../../src/record/index.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import type { Scope } from '../../../src/record/logs/api/token-store.ts'
import { createBlocker, createFirewall } from '../../../src/respond/index.ts'
import type { RespondConfig } from '../../../src/respond/config.ts'
import { tryRulesApart } from '../../../src/sensor/trial/rule-trial.ts'
import { SelfTest } from '../../../src/selftest/index.ts'
import { Suppressor } from '../../../src/agent/tellings/suppressor.ts'
import { AUTOMATIC } from '../response/blocking.ts'
import { contractFaults } from './contract-checker.ts'
import { RECORD_DEFAULTS } from '../record.ts'

export const API_DEFAULTS = { ...validateConfig({}, '').api, port: 0 }
const RESPOND_DEFAULTS: RespondConfig = {
  firewall: 'dry-run',
  defaultTtlSeconds: 3600,
  minPrefix4: 16,
  minPrefix6: 48,
  maxActiveBlocks: 100,
  guardedHosts: [],
  killSockets: false,
  reconcileSeconds: 10,
  onStop: 'keep',
}

export const FULL_HEALTH: Health = {
  status: 'ok',
  version: '0.1.0',
  agent: '019b8d2a-0000-7000-8000-00000000000a',
  problems: [],
  firewall: { name: 'dry-run', usable: true, activeBlocks: 0 },
}

export const RULES: RuleStates = {
  items: [
    {
      ...{
        name: 'own',
        id: null,
        title: 'Own',
        state: 'in-force',
        origin: 'user',
        file: 'own.yaml',
      },
      ...{ level: 'low', severity: 3, kind: 'policy.own', mitre: [], hits: 2 },
    },
  ],
  refused: [{ file: 'bad.yaml', line: 1, column: 1, reason: 'is nested too deeply' }],
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly type: string
  readonly body: unknown
}

export interface CallOptions {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface AuditRow {
  readonly actor: string
  readonly subject: string
  readonly details: string
}

export interface TestApi {
  readonly url: string
  readonly socketPath: string
  readonly record: EventRecord
  /** Calls the API and holds every answer against the document. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  token(scopes: readonly Scope[], expiresAtMs?: number): Promise<string>
  readonly directory: string
  /** Sensors that were to be started anew. */
  readonly restarted: readonly string[]
  /** To beat when events were recorded. */
  readonly recorded: Pulse
  /** What the API itself has detected. */
  readonly detections: readonly Detection[]
  /** The audit rows of an action, oldest first. */
  audited(action: string): readonly AuditRow[]
}

/** A clock that tests set. */
export function settableClock(
  startMs = Date.now(),
): Clock & { nowMs(): number; set(ms: number): void } {
  let nowMs = startMs
  return { nowMs: () => nowMs, set: (ms) => void (nowMs = ms) }
}

/** The one sink, which no agent serves. */
const SINK = { type: 'syslog', name: 'siem', host: '192.0.2.1' }
const FORWARD = validateConfig({ forward: { sinks: [SINK] } }, '').forward
/** `RULES`, whose one rule can be switched. */
function switchableRules(): ApiParts['rules'] {
  let isEnabled = true
  const listing = (): RuleStates => ({
    ...RULES,
    items: RULES.items.map((rule) => ({ ...rule, state: isEnabled ? 'in-force' : 'disabled' })),
  })
  return {
    listing,
    placeholders: { crawlers: ['hydra', 'curl*'] },
    setEnabled(name, value) {
      const isKnown = RULES.items.some((rule) => rule.name === name)
      if (isKnown) isEnabled = value
      return Promise.resolve(isKnown ? listing().items[0]! : null)
    },
  }
}

/** This host's own address, as far as the guards know. */
const OWN_ADDRESS = parseCidr('198.51.100.1')!

export interface ServeOptions {
  readonly clock?: Clock
  readonly config?: Partial<typeof API_DEFAULTS>
  readonly fleet?: FleetConfig
  /** Of the record; it stays when the API is closed. */
  readonly directory?: string
  /** What `/v1/health` says of the forests. */
  readonly models?: Health['models']
}

/** Serves the API until the test is over. */
export async function servedApi(options: ServeOptions = {}): Promise<TestApi> {
  const api = await serveApi(options)
  onTestFinished(() => api.close())
  return api
}

/** Serves the API until it is closed; for tests that share one. */
export async function serveApi({
  clock = settableClock(),
  config: changes = {},
  directory: given,
  fleet = validateConfig({}, '').fleet,
  models,
}: ServeOptions = {}): Promise<TestApi & { close(): Promise<void> }> {
  const directory = given ?? (await mkdtemp(join(tmpdir(), 'pk-api-')))
  const apiConfig = { ...API_DEFAULTS, ...changes }
  const detections: Detection[] = []
  const restarted: string[] = []
  const recorded = new Pulse()
  const config = RECORD_DEFAULTS
  const record = await openRecord({ directory, clock, log: silentLog, config, mode: 'write' })
  const guarded = [{ guard: 'own-address' as const, range: OWN_ADDRESS }]
  const blocker = createBlocker({
    firewall: createFirewall(RESPOND_DEFAULTS, { clock }),
    blocks: record.blocks,
    guardFacts: () => Promise.resolve({ minPrefix4: 16, minPrefix6: 48, guarded }),
    clock,
    log: silentLog,
    config: RESPOND_DEFAULTS,
    automatic: AUTOMATIC,
  })
  const sinks = restingSinks(FORWARD, record)
  const selfTest = new SelfTest({
    ...{ sensors: [], events: record.events, recorded, sinks, blocker, clock },
  })
  const app = createApi({
    record,
    blocker,
    feeds: await feedsIn(directory, clock),
    suppressor: new Suppressor({ triage: record.triage, clock, log: silentLog }),
    sinks,
    selfTest: (timeoutMs) => selfTest.run(timeoutMs),
    fleet: createFleetDesk({ config: fleet, orders: record.fleetOrders, clock }),
    health: () => ({ ...FULL_HEALTH, ...(models === undefined ? {} : { models }) }),
    rules: switchableRules(),
    tryRules: (texts, capture) => tryRulesApart(texts, capture, validateConfig({}, '')),
    restartSensor: (name) => Promise.resolve(restarted.push(name) > 0),
    recorded,
    settings: validateConfig({}, ''),
    directory,
    metrics: createMetrics(),
    clock,
    log: silentLog,
    onDetection: (detection) => void detections.push(detection),
    config: apiConfig,
  })
  const socketPath = join(directory, 'picket.sock')
  const listener = await listen(app, { config: apiConfig, socketPath, log: silentLog })
  const url = listener.url!
  return {
    async close() {
      await listener.close()
      await record.close()
      if (given === undefined) await rm(directory, { recursive: true })
    },
    url,
    socketPath,
    record,
    directory,
    detections,
    restarted,
    recorded,
    audited(action) {
      const database = new Database(record.path, { readonly: true })
      const rows = database.prepare('SELECT * FROM audit WHERE action = ? ORDER BY id').all(action)
      database.close()
      return rows as AuditRow[]
    },
    call: (method, path, options) => checkedCall(url, method, path, options),
    async token(scopes, expiresAtMs) {
      const order = {
        scopes,
        description: null,
        expiresAtMs: expiresAtMs ?? null,
        actor: 'local:0',
      }
      return (await createToken(record.tokens, clock, order)).token
    },
  }
}

async function checkedCall(
  url: string,
  method: string,
  path: string,
  { token, body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const type = response.headers.get('content-type') ?? ''
  const text = await response.text()
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    type,
    body: type.includes('json') && text !== '' ? JSON.parse(text) : text,
  }
  const isDescribed = response.status !== 405 && !path.startsWith('/nowhere') && method !== 'HEAD'
  const faults = isDescribed ? contractFaults(method, path, answer) : []
  if (faults.length > 0) throw new Error(`${method} ${path}: ${faults.join('; ')}\n${text}`)
  return answer
}

/** One feed, a file with one range and one line that is none. */
async function feedsIn(directory: string, clock: Clock): Promise<Feeds> {
  const source = join(directory, 'drop.txt')
  await writeFile(source, '203.0.113.0/24\nexample\n')
  const { detect } = validateConfig(
    { detect: { intel: { feeds: [{ name: 'drop', source }] } } },
    '',
  )
  const ground = { config: detect.intel, directory, clock, log: silentLog }
  const feeds = new Feeds({ ...ground, onTables: () => undefined })
  feeds.read()
  return feeds
}
