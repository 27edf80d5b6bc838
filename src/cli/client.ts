/**
 * The API as commands see it: typed by the contract, spoken to the running agent or to the record itself.
 *
 * What speaks HTTP is loaded when it is needed, since `replay` and `--help` need none of it.
 */
import type { Client } from 'openapi-fetch'
import type { components, paths } from '../../openapi/contract.d.ts'
import type { ApiParts } from '../api/index.ts'
import { systemClock } from '../core/clock.ts'
import { socketClient } from '../core/http-client.ts'
import { Pulse } from '../core/process/pulse.ts'
import { PicketError } from '../core/errors.ts'
import { silentLog } from '../core/log/log.ts'
import { VERSION } from '../core/files/package-root.ts'
import type { CommandContext } from './context.ts'
import { openRecordForReading, openRecordForWriting } from './record-access.ts'

type Problem = components['schemas']['Problem']

export interface ApiClient {
  readonly api: Client<paths>
  /** Whether a running agent answers, rather than its record. */
  readonly isAgent: boolean
  close(): Promise<void>
}

// The host part means nothing on a unix socket or in this process.
const BASE_URL = 'http://picket.localhost'
/** An agent that does not even say that it lives within this time hangs. */
const PATIENCE_MS = 5_000

/**
 * Opens the running agent's API; null when no agent runs on this data folder.
 *
 * Errors: `ERR_API_REQUEST` when the agent hangs, or its socket may not be opened by this user.
 */
export async function openAgent(context: CommandContext): Promise<ApiClient | null> {
  const client = await reachAgent(context)
  if (client === null || (await answers(client))) return client
  await client.close()
  throw agentHangs('nothing was asked of it')
}

/** Opens the API of an agent that may hang (see `answers`), for who has a way past it; null where none runs. */
export async function reachAgent(context: CommandContext): Promise<ApiClient | null> {
  const { socketPath } = context
  const { somebodyAnswers } = await import('../api/index.ts')
  if (!(await somebodyAnswers(socketPath))) return null
  const { default: createClient } = await import('openapi-fetch')
  const http = await socketClient(socketPath)
  const api = createClient<paths>({
    baseUrl: BASE_URL,
    Request: http.Request,
    fetch: async (request) => {
      try {
        return await http.fetch(request)
      } catch (cause) {
        throw unreachable(socketPath, cause)
      }
    },
  })
  return { api, isAgent: true, close: () => http.close() }
}

/**
 * Says whether the agent answers within some seconds: one that hangs takes connections all the same.
 *
 * Errors: `ERR_API_REQUEST` when the socket may not be opened by this user.
 */
export async function answers({ api }: ApiClient): Promise<boolean> {
  try {
    await api.GET('/v1/health/live', { signal: AbortSignal.timeout(PATIENCE_MS) })
    return true
  } catch (error) {
    if (!(error instanceof PicketError) || isDenied(error.cause)) throw error
    return false
  }
}

/**
 * Opens the API for reading: the running agent's, else the record's own, served within this process.
 *
 * Errors: `ERR_RECORD_OPEN` when there is neither.
 */
export async function openForReading(context: CommandContext): Promise<ApiClient> {
  const agent = await openAgent(context)
  if (agent !== null) return agent
  const record = await openRecordApi(context)
  const { terminal, json, directory } = context
  if (!json) terminal.writeError(`no agent runs on ${directory}: this is what its log holds\n`)
  return record
}

async function openRecordApi(context: CommandContext): Promise<ApiClient> {
  const record = await openRecordForReading(context)
  return inProcess(context, { record, blocker: NO_BLOCKER, close: () => record.close() })
}

/**
 * Opens the running agent's API, else the record's own for writing: for orders that may wait for the agent.
 *
 * Errors: `ERR_RECORD_OPEN` when there is neither.
 */
export async function openForOrders(context: CommandContext): Promise<ApiClient> {
  const client = await openAgent(context)
  if (client !== null) return client
  // Who only asks must not make a record where there is none.
  await (await openRecordForReading(context)).close()
  const record = await openRecordForWriting(context)
  return inProcess(context, { record, blocker: NO_BLOCKER, close: () => record.close() })
}

/** Serves the API within this process, over what the caller has opened. */
export async function inProcess(
  context: CommandContext,
  parts: Pick<ApiParts, 'record' | 'blocker'> & { close(): Promise<void> },
): Promise<ApiClient> {
  const { createApi } = await import('../api/index.ts')
  const { createFleetDesk } = await import('../fleet/index.ts')
  const { restingSinks } = await import('../forward/index.ts')
  const { createMetrics } = await import('../core/log/metrics.ts')
  const { default: createClient } = await import('openapi-fetch')
  const app = createApi({
    record: parts.record,
    blocker: parts.blocker,
    feeds: await feedsOf(context),
    suppressor: NO_SUPPRESSOR,
    fleet: createFleetDesk({
      ...{ config: context.config.fleet, orders: parts.record.fleetOrders, clock: systemClock },
    }),
    sinks: restingSinks(context.config.forward, parts.record),
    health: () => ({ status: 'degraded', version: VERSION, problems: ['the agent does not run'] }),
    selfTest: () => Promise.reject(noAgent()),
    rules: NO_RULES,
    tryRules: () => Promise.reject(noAgent()),
    restartSensor: () => Promise.reject(noAgent()),
    recorded: new Pulse(),
    settings: context.config,
    directory: context.directory,
    onDetection: () => undefined,
    metrics: createMetrics(),
    clock: systemClock,
    log: silentLog,
    config: context.config.api,
  })
  const api = createClient<paths>({
    baseUrl: BASE_URL,
    fetch: async (request) => app.fetch(request, { peer: { kind: 'local' } }),
  })
  return { api, isAgent: false, close: () => parts.close() }
}

/** The feeds as files and kept answers have them; only the agent looks at sources anew. */
async function feedsOf({ config, directory }: CommandContext): Promise<ApiParts['feeds']> {
  const { Feeds } = await import('../detect/intel/index.ts')
  const ground = { config: config.detect.intel, directory, clock: systemClock, log: silentLog }
  const feeds = new Feeds({ ...ground, onTables: () => undefined })
  feeds.read()
  return { list: () => feeds.list(), refresh: () => Promise.reject(noAgent()) }
}

/** Gives the answer's data, or raises the problem it holds. */
export function answerOf<Data>(answer: {
  readonly data?: Data | undefined
  readonly error?: Problem | undefined
  readonly response: Response
}): Data {
  if (answer.data !== undefined) return answer.data
  throw failureOf(answer.error, answer.response.status)
}

function failureOf(problem: Problem | undefined, status: number): PicketError {
  if (problem === undefined) {
    return new PicketError('ERR_API_REQUEST', `the agent answered with status ${status}`)
  }
  const faults = (problem.errors ?? []).map(faultWords)
  const message = faults.length > 0 ? faults.join('; ') : (problem.detail ?? problem.title)
  const isUsage = problem.type === 'urn:picket:problem:invalid-request'
  const hint = hintOf(problem)
  return new PicketError(isUsage ? 'ERR_USAGE' : 'ERR_API_REQUEST', message, hint ? { hint } : {})
}

/** What the API says where it knows nothing better is about HTTP, which nobody here has spoken. */
function hintOf({ type, hint }: Problem): string | undefined {
  if (hint?.includes('/openapi.json') !== true) return hint
  return type === 'urn:picket:problem:not-found'
    ? 'names and ids come from the commands that list, such as picket events and picket blocks'
    : 'nothing was done; the command with --help says what it takes'
}

function faultWords(fault: NonNullable<Problem['errors']>[number]): string {
  const value = fault.value === undefined ? '' : ` ${JSON.stringify(fault.value)}`
  // The body is that of a request; here it is the command as a whole.
  return `${fault.field === 'body' ? 'this' : fault.field}${value} ${fault.message}`
}

const NO_BLOCKER: ApiParts['blocker'] = {
  order: () => Promise.reject(noAgent()),
  orderAll: () => Promise.reject(noAgent()),
  refusalOf: () => Promise.reject(noAgent()),
  lift: () => Promise.reject(noAgent()),
  liftAll: () => Promise.reject(noAgent()),
  liftTouching: () => Promise.reject(noAgent()),
  told: (block) => block,
}

// `picket rules` reads the rules themselves: without an agent none is in force.
const NO_RULES: ApiParts['rules'] = {
  listing: () => ({ items: [], refused: [] }),
  placeholders: {},
  setEnabled: () => Promise.reject(noAgent()),
}

const NO_SUPPRESSOR: ApiParts['suppressor'] = {
  suppress: () => Promise.reject(noAgent()),
  unsuppress: () => Promise.reject(noAgent()),
}

/** Says that a command needs a running agent. */
export function noAgent(): PicketError {
  return new PicketError('ERR_API_REQUEST', 'no agent runs on this data folder', {
    hint: 'start it: picket start (with the same --data-dir), or systemctl start picket',
  })
}

/** Says that an agent runs and hangs; `state` tells what that means for what was asked. */
export function agentHangs(state: string): PicketError {
  return new PicketError('ERR_API_REQUEST', `the agent does not answer: ${state}`, {
    hint: 'picket panic lets everybody in and holds off its blocks; or end the agent, and ask again',
  })
}

function unreachable(socketPath: string, cause: unknown): PicketError {
  if (isDenied(cause)) {
    return new PicketError('ERR_API_REQUEST', `the agent's socket ${socketPath} is not yours`, {
      cause,
      hint: 'run this as the user that the agent runs as, such as root (sudo)',
    })
  }
  const reason = connectFault(cause)?.message ?? String(cause)
  return new PicketError('ERR_API_REQUEST', `the agent does not answer: ${reason}`, { cause })
}

const isDenied = (cause: unknown): boolean => connectFault(cause)?.code === 'EACCES'

/** What undici's fetch failed of: it tells it as its error's cause. */
const connectFault = (cause: unknown) =>
  (cause as { cause?: NodeJS.ErrnoException } | undefined)?.cause
