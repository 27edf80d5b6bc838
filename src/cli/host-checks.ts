/** What this host must have for Picket to do its work; each check says what it found and how to mend it. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { components } from '../../openapi/contract.d.ts'
import { somebodyAnswers } from '../api/index.ts'
import { PicketError } from '../core/errors.ts'
import {
  AUTOMATIC,
  automaticChoices,
  canCapture,
  captureInterfaces,
  findTcpdump,
  mayStartTcpdump,
} from '../capture/index.ts'
import { SQLITE_PACKAGE } from '../record/index.ts'
import { findTracefs } from '../owner/index.ts'
import type { RespondConfig } from '../respond/config.ts'
import { findTool } from '../respond/index.ts'
import { openAgent } from './client.ts'
import type { CommandContext } from './context.ts'

/** `missing`: the agent can't do without it; `note`: it can, but does less. */
export type CheckState = 'ok' | 'note' | 'missing'

export interface CheckResult {
  readonly check: string
  readonly state: CheckState
  readonly found: string
  /** What to do; null when there is nothing to do. */
  readonly fix: string | null
}

/** Looks at this host; `context` is null where the configuration can't be read, and what needs it is left out. */
export async function checkHost(context: CommandContext | null): Promise<readonly CheckResult[]> {
  const tcpdump = findTcpdump()
  const isNeeded = tcpdump === null || !mayStartTcpdump()
  const owners = context === null ? null : await ownersOfAgent(context)
  return [
    nodeVersion(),
    addon('better-sqlite3', 'missing', 'the record cannot be opened', SQLITE_PACKAGE),
    captureDriver(tcpdump),
    addon('cap', isNeeded ? 'missing' : 'note', 'only capture.driver cap needs it'),
    capturePrivilege(),
    ...(context === null
      ? []
      : [captureTargets(context), ...processSources(context, owners), dataFolder(context)]),
    ...(await firewallTools(context?.config.respond.firewall ?? 'iptables')),
    ...(context === null ? [] : await agentAndPort(context)),
  ]
}

const ok = (check: string, found: string): CheckResult => ({ check, state: 'ok', found, fix: null })

function nodeVersion(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const found = `Node ${process.versions.node}`
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', found)
  return { check: 'node', state: 'missing', found, fix: 'install Node 20.19 or newer' }
}

function addon(
  name: string,
  stateWithout: CheckState,
  why: string,
  installedAs = name,
): CheckResult {
  const check = `addon ${name}`
  try {
    const required: unknown = createRequire(import.meta.url)(installedAs)
    // better-sqlite3 loads its native part with the first database only.
    if (name === 'better-sqlite3') new (required as new (path: string) => unknown)(':memory:')
    return ok(check, 'loads')
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]
    const fix = `npm rebuild ${installedAs} (needs a compiler${name === 'cap' ? ' and libpcap-dev' : ''})`
    return { check, state: stateWithout, found: `does not load (${why}): ${reason}`, fix }
  }
}

function captureDriver(tcpdump: string | null): CheckResult {
  if (tcpdump !== null && mayStartTcpdump()) return ok('tcpdump', tcpdump)
  if (tcpdump !== null) {
    const found = 'may not change its user here; capture goes by the addon cap'
    return { check: 'tcpdump', state: 'note', found, fix: 'give CAP_SETUID and CAP_SETGID' }
  }
  const found = 'not installed; capture falls back to the addon cap'
  return { check: 'tcpdump', state: 'note', found, fix: 'apt-get install tcpdump' }
}

const NO_BLOCKS = 'not installed; blocks cannot be enforced'
const NO_SETS = 'not installed; each block is a rule of iptables then, and there may be 1,000'
const NO_IPV6 = 'not installed; IPv6 addresses cannot be blocked'
// The rules stop all others, those that stand too.
const NO_CUTS =
  'not installed; a block does not end connections that a flow table carries past the rules'

/** A program, what it means that it is missing, and how that is said. */
type FirewallTool = readonly [tool: string, stateWithout: CheckState, found: string]

const IPTABLES: readonly FirewallTool[] = [
  ['iptables', 'missing', NO_BLOCKS],
  ['ip6tables', 'note', NO_IPV6],
]
const CONNTRACK: FirewallTool = ['conntrack', 'note', NO_CUTS]

const FIREWALL_TOOLS: Readonly<Record<RespondConfig['firewall'], readonly FirewallTool[]>> = {
  iptables: [...IPTABLES, ['ipset', 'note', NO_SETS], CONNTRACK],
  'iptables-plain': [...IPTABLES, CONNTRACK],
  nftables: [['nft', 'missing', NO_BLOCKS], CONNTRACK],
  'dry-run': [],
}

async function firewallTools(firewall: RespondConfig['firewall']): Promise<CheckResult[]> {
  const tools = FIREWALL_TOOLS[firewall]
  if (tools.length === 0) return []
  const results = await Promise.all(
    tools.map(([tool, state, found]) => firewallTool(tool, state, found)),
  )
  return [...results, firewallPrivilege()]
}

async function firewallTool(tool: string, state: CheckState, found: string): Promise<CheckResult> {
  const path = await findTool(tool)
  if (path !== null) return ok(tool, path)
  const packageName = { ip6tables: 'iptables', nft: 'nftables' }[tool] ?? tool
  const fix = `apt-get install ${packageName} (or set respond.firewall to dry-run)`
  return { check: tool, state, found, fix }
}

function capturePrivilege(): CheckResult {
  if (canCapture()) return ok('may capture', 'CAP_NET_RAW')
  return {
    check: 'may capture',
    state: 'missing',
    found: 'this user has no CAP_NET_RAW; replay works without',
    fix: 'run as root, or under deploy/systemd/picket.service',
  }
}

const CAP_NET_ADMIN = 12

function firewallPrivilege(): CheckResult {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  if (((effective >> BigInt(CAP_NET_ADMIN)) & 1n) === 1n) return ok('may block', 'CAP_NET_ADMIN')
  return {
    check: 'may block',
    state: 'missing',
    found: 'this user has no CAP_NET_ADMIN',
    fix: 'run as root, or under deploy/systemd/picket.service, or set respond.firewall to dry-run',
  }
}

/** A host of containers has hundreds. */
const MOST_NAMED = 8

function captureTargets({ config }: CommandContext): CheckResult {
  const { interfaces } = config.capture
  try {
    const found = captureInterfaces(interfaces).join(', ')
    const leftOut = interfaces.includes(AUTOMATIC) ? leftOutWords() : ''
    return ok('interfaces', `${found || 'none: nothing is captured'}${leftOut}`)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    const fix = 'set capture.interfaces to interfaces of this host'
    return { check: 'interfaces', state: 'missing', found, fix }
  }
}

function leftOutWords(): string {
  const all = automaticChoices().flatMap(({ name, leftOut }) =>
    leftOut === null ? [] : [`${name} (${leftOut})`],
  )
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : ''
  return all.length === 0 ? '' : `; not by auto: ${all.slice(0, MOST_NAMED).join(', ')}${more}`
}

type Owners = components['schemas']['OwnerHealth']

/** What the running agent says of how it finds processes: it may do less than whoever asks; null where none tells. */
async function ownersOfAgent(context: CommandContext): Promise<Owners | null> {
  try {
    const client = await openAgent(context)
    if (client === null) return null
    const { data } = await client.api.GET('/v1/health')
    await client.close()
    return data?.owners ?? null
  } catch (error) {
    if (error instanceof PicketError) return null
    throw error
  }
}

const SOCKETS_ALONE = 'by the tables of sockets alone, which miss short connections'

function processSources({ config }: CommandContext, owners: Owners | null): CheckResult[] {
  const { enabled, sources, mountTracefs } = config.owner
  if (!enabled || sources === 'socket-table') return []
  const check = 'processes'
  const trace = owners?.sources.find(({ name }) => name === 'trace')
  if (trace?.inForce === true) return [ok(check, 'by trace events')]
  if (trace !== undefined) {
    const why = trace.problem === null ? '' : `: ${trace.problem}`
    const fix = 'under systemd, install picket-processes.conf as deploy/README.md says'
    return [{ check, state: 'note', found: `${SOCKETS_ALONE}${why}`, fix }]
  }
  const path = findTracefs()
  if (path !== null) return [ok(check, `by trace events (${path})`)]
  if (mountTracefs) return [ok(check, 'by trace events; tracefs will be mounted')]
  const found = `${SOCKETS_ALONE}: no tracefs to be seen`
  const fix = 'mount -t tracefs nodev /sys/kernel/tracing, or set owner.mountTracefs to true'
  return [{ check, state: 'note', found, fix }]
}

function dataFolder({ directory }: CommandContext): CheckResult {
  let place = directory
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  try {
    accessSync(place, constants.W_OK | constants.X_OK)
    const found = place === directory ? directory : `${directory} (will be made)`
    return ok('data folder', found)
  } catch {
    const found = `${place} is not writable for this user`
    const fix = 'choose another folder with --data-dir or record.dir, or run as its owner'
    return { check: 'data folder', state: 'missing', found, fix }
  }
}

async function agentAndPort({ config, socketPath }: CommandContext): Promise<CheckResult[]> {
  if (await somebodyAnswers(socketPath)) return [ok('agent', `runs (${socketPath})`)]
  const agent: CheckResult = {
    check: 'agent',
    state: 'note',
    found: 'does not run on this data folder',
    fix: 'picket start, or systemctl start picket',
  }
  if (!config.api.enabled) return [agent]
  const { host, port } = config.api
  const refusal = await listenRefusal(host, port)
  if (refusal === null) return [agent, ok('API port', `${host}:${port} is free`)]
  const found = `${host}:${port} cannot be had: ${refusal}`
  const fix = 'stop what has it, or set api.host and api.port'
  return [agent, { check: 'API port', state: 'missing', found, fix }]
}

function listenRefusal(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}
