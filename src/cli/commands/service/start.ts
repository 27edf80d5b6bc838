/** `picket start`: runs the agent until it is told to stop. */
import { counted } from '../../../core/text/amount.ts'
import { startAgent, type Agent } from '../../../agent/agent.ts'
import { leaveFor, startAs } from '../../../agent/process/user.ts'
import { canCapture } from '../../../capture/index.ts'
import {
  dataDirectory,
  loadConfig,
  unknownPolicyNames,
  type Config,
} from '../../../config/index.ts'
import { PicketError } from '../../../core/errors.ts'
import { createLog, type Log } from '../../../core/log/log.ts'
import { VERSION } from '../../../core/files/package-root.ts'
import { serviceManager } from '../../../core/unix/service-manager.ts'
import { ServiceLife } from '../../../agent/process/service-life.ts'
import type { CommandContext } from '../../context.ts'
import { EXIT } from '../../print/output.ts'
import { outliveOutput } from '../../print/terminal.ts'

/**
 * Runs the agent: SIGINT and SIGTERM end it with everything written, SIGHUP reads the configuration again.
 *
 * What it prints may be lost, as on a full disk: it goes on all the same.
 * Started by root it becomes the user `picket`, where that user can do its work.
 * Errors: `ERR_CAPTURE_PRIVILEGE` when this user may not capture, and whatever `startAgent` throws.
 */
export async function start(context: CommandContext): Promise<number> {
  refuseWithoutPrivilege(context.config)
  const leave = leaveFor(context, process.env)
  if (leave?.kind === 'as') return startAs(leave.user, context)
  outliveOutput()
  const log = createLog(context.config.log)
  if (leave?.kind === 'stay') log.info('the agent stays root', { why: leave.why })
  const signals = new SignalQueue()
  const isService = process.env['NOTIFY_SOCKET'] !== undefined
  const manager = serviceManager({
    environment: process.env,
    onUnreachable: (reason) => log.error('the service manager cannot be told', { reason }),
  })
  const life = new ServiceLife({ manager, log })
  try {
    const running = await startWith(context.config, context, log)
    await greet(running, context, isService)
    await life.running(running.agent)
    return await runUntilStopped(running, { context, log, signals, life })
  } finally {
    life.end()
    await log.close()
    signals.close()
    manager.close()
  }
}

interface Surroundings {
  readonly context: CommandContext
  readonly log: Log
  readonly signals: SignalQueue
  readonly life: ServiceLife
}

async function runUntilStopped(
  started: Running,
  { context, log, signals, life }: Surroundings,
): Promise<number> {
  let running = started
  for (;;) {
    const signal = await signals.next()
    if (signal === 'SIGHUP') {
      await life.reloading()
      const reloaded = await reload(running, context, log)
      running = reloaded.running
      await Promise.all(running.agent.sensors.map((sensor) => sensor.settled))
      await life.running(running.agent, reloaded.refusal)
    } else {
      log.info('stopping', { signal })
      await life.stopping()
      await running.agent.stop()
      return EXIT.ok
    }
  }
}

function refuseWithoutPrivilege(config: Config): void {
  if (config.capture.interfaces.length === 0 || canCapture()) return
  throw new PicketError(
    'ERR_CAPTURE_PRIVILEGE',
    'this user may not capture packets (CAP_NET_RAW) or change the firewall (CAP_NET_ADMIN)',
    {
      hint: [
        'run as root (sudo npm start), or under deploy/systemd/picket.service, which gives just these two;',
        'without them `picket replay FILE.pcap` works on a capture file, `picket doctor` says what is missing,',
        'and PICKET__CAPTURE__INTERFACES= (empty) serves the log and the API without capturing',
      ].join('\n'),
    },
  )
}

/** An agent and the configuration it runs with. */
interface Running {
  readonly agent: Agent
  readonly config: Config
}

async function startWith(config: Config, context: CommandContext, log: Log): Promise<Running> {
  for (const fault of unknownPolicyNames(config, context.directory)) {
    log.warn('a rule of the policy fits nothing that is told', { fault })
  }
  return { agent: await startAgent({ config, directory: context.directory, log }), config }
}

/**
 * Reads the configuration again and starts the agent anew with it, in the same process: the record and
 * the blocks stand, capture pauses for a moment.
 *
 * A configuration that is invalid, or valid but not to be run with (an interface that is not there, a port
 * that is taken), must not cost the host its watchman: the old one then goes on.
 */
async function reload(
  running: Running,
  context: CommandContext,
  log: Log,
): Promise<{ readonly running: Running; readonly refusal?: string }> {
  let isStopped = false
  try {
    const config = loadConfig({ file: context.configFile, environment: process.env })
    await running.agent.stop()
    isStopped = true
    const renewed = await startWith(config, context, log)
    log.info('running with the new configuration')
    return { running: renewed }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    const { message: reason, hint } = error
    log.error('the new configuration is refused; the old one stays in force', { reason, hint })
    const standing = isStopped ? await startWith(running.config, context, log) : running
    await standing.agent.configRefused(reason).catch((failure: unknown) => {
      log.error('a change could not be audited', { reason: String(failure) })
    })
    const refusal = `the new configuration is refused, the old one stays: ${reason}`
    return { running: standing, refusal }
  }
}

async function greet(
  { agent, config }: Running,
  context: CommandContext,
  isService: boolean,
): Promise<void> {
  await Promise.all(agent.sensors.map((sensor) => sensor.settled))
  const sensors = agent.sensors.map((sensor) => sensor.source ?? `${sensor.interfaceName}: FAILED`)
  // The unit names the folder that is root's anyhow; commands need not be told of it.
  const isUsual = context.directoryOption === null || context.directory === dataDirectory(config)
  const options = isUsual ? '' : ` --data-dir ${context.directoryOption}`
  const lines = [
    `Picket is running (version ${VERSION}).`,
    `  captures   ${sensors.join(', ') || nothingWords(config)}`,
    `  API        ${agent.apiUrl ? `${agent.apiUrl}/v1` : 'off on TCP'} and the socket ${agent.socketPath}`,
    ...(agent.apiFingerprint === null ? [] : [`  certificate SHA-256 ${agent.apiFingerprint}`]),
    `  token      ${context.program} token create --scopes read,block${options}`,
    `  log        ${agent.databasePath}`,
    `  policy     ${policyWords(config)}`,
    `  try next   ${context.program} events${options}`,
    `             ${context.program} doctor${options}`,
    `             curl -s ${agent.apiFingerprint === null ? '' : '-k '}${agent.apiUrl ?? 'http://127.0.0.1:8460'}/v1/health`,
    ...agent.problems().map((problem) => `  problem    ${problem}`),
    isService ? 'systemctl stop ends it.' : 'Ctrl-C stops it.',
  ]
  context.terminal.write(`${lines.join('\n')}\n`)
}

function nothingWords(config: Config): string {
  if (config.capture.interfaces.length === 0) return 'nothing (capture.interfaces is empty)'
  return 'nothing: no interface but loopback is up'
}

function policyWords(config: Config): string {
  if (config.policy.mode === 'alert') return 'alert only: nothing is blocked unless you order it'
  return `block: ${counted(config.policy.blockWhen.length, 'rule')} may block by themselves`
}

/** Signals as a queue, so that none is lost while the agent starts or stops. */
class SignalQueue {
  readonly #signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  readonly #waiting: NodeJS.Signals[] = []
  #wake: () => void = () => undefined
  readonly #receive = (signal: NodeJS.Signals): void => {
    this.#waiting.push(signal)
    this.#wake()
  }

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#receive)
  }

  async next(): Promise<NodeJS.Signals> {
    while (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#waiting.shift()!
  }

  close(): void {
    for (const signal of this.#signals) process.off(signal, this.#receive)
  }
}
