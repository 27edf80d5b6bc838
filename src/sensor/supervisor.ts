/** The agent's side of a sensor: starts the process, starts it again when it dies, knows how it is. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log/log.ts'
import { Ration } from '../core/ration.ts'
import type { Detection, IndicatorTables, RuleText } from '../detect/index.ts'
import { FlowBatch } from '../flow/batch/index.ts'
import { withFewerRights } from './lesser-process.ts'
import type { AttackAnswer } from '../selftest/index.ts'
import type { FromSensor, SensorAssignment, SensorReport, ToSensor } from './messages.ts'
import { faultOf, siftDetections } from './said-by-sensor.ts'
import { SensorSilence } from './silence.ts'

/** What an agent that is not root may need, and a sensor, which only captures, does not. */
const LOST_RIGHTS = ['net_admin', 'sys_ptrace', 'dac_read_search']

const FIRST_RESTART_MS = 500
const SLOWEST_RESTART_MS = 30_000
/** A sensor that ran this long had started well: the next failure begins the back-off anew. */
const SETTLED_MS = 60_000
const STOP_WITHIN_MS = 1_200
const REFUSALS_LOGGED_PER_MINUTE = 1

export type SensorState = 'starting' | 'running' | 'failed' | 'stopped'

export interface SupervisorOptions {
  readonly log: Log
  /** The built file of the sensor's own process. */
  readonly program: string
  /** For Node, beside those of this process: bounds of its memory. */
  readonly nodeOptions: readonly string[]
  /** A process that says nothing for so long hangs: it is killed and started again. */
  readonly maxSilenceMs: number
  /** Asked at every start, so that a model learned meanwhile is in force after a restart. */
  assignment(): SensorAssignment
  onBatch(flows: FlowBatch | null, detections: readonly Detection[]): void
  /** `before` is null for the first report of a process, whose counts begin at nothing. */
  onReport(report: SensorReport, before: SensorReport | null): void
  onModelLearned(model: string): void
  onSample(sample: string): void
  /** The sensor captures: for the first time, or again. */
  onRunning(): void
  /** The sensor failed and is about to be started again; `last` is the process's last report. */
  onFailed(reason: string, last: SensorReport | null): void
}

/** A sensor process that is kept running from construction until `stop`. */
export class SupervisedSensor {
  readonly interfaceName: string
  /** Resolves once the sensor runs or has failed for the first time. */
  readonly settled: Promise<void>
  readonly #options: SupervisorOptions
  #settle: () => void = () => undefined
  #child: ChildProcess
  #startedAtMs = 0
  #state: SensorState = 'starting'
  #source: string | null = null
  #report: SensorReport | null = null
  #restarts = 0
  /** Why the process that ran last ended; null as long as it has not said. */
  #failure: string | null = null
  #restartTimer: NodeJS.Timeout | undefined
  #backoffMs = FIRST_RESTART_MS
  #isStopping = false
  #isRestarting = false
  readonly #silence: SensorSilence
  readonly #refusals = new Ration(REFUSALS_LOGGED_PER_MINUTE)
  /** Self-tests under way, by id. */
  readonly #attacks = new Map<string, (answer: AttackAnswer) => void>()

  constructor(interfaceName: string, options: SupervisorOptions) {
    this.interfaceName = interfaceName
    this.#options = options
    this.settled = new Promise((resolve) => (this.#settle = resolve))
    this.#silence = new SensorSilence({
      maxSilenceMs: options.maxSilenceMs,
      isExpected: () => this.pid !== undefined,
      onTooLong: () => this.#hangs(),
    })
    this.#child = this.#start()
  }

  get state(): SensorState {
    return this.#state
  }

  /** `eth0 (tcpdump)`; null until the interface is open. */
  get source(): string | null {
    return this.#source
  }

  /** Undefined while no process runs. */
  get pid(): number | undefined {
    const { exitCode, signalCode, pid } = this.#child
    return exitCode === null && signalCode === null ? pid : undefined
  }

  /** How long the process that runs has said nothing, ms; 0 where none runs. */
  get silentMs(): number {
    return this.#silence.silentMs
  }

  get report(): SensorReport | null {
    return this.#report
  }

  get restarts(): number {
    return this.#restarts
  }

  get lastFailure(): string | null {
    return this.#failure
  }

  /** Puts other indicators in force; a process that is started later gets them with its assignment. */
  useIndicators(tables: IndicatorTables): void {
    this.#tell({ kind: 'indicators', tables })
  }

  /** Puts other Sigma rules in force; a process that starts later gets its own with its assignment. */
  useRules(rules: readonly RuleText[], disabled: readonly string[]): void {
    this.#tell({ kind: 'rules', rules, disabled })
  }

  /** Sends the attack of a self-test through the process; resolves when it has answered or ended. */
  attack(id: string): Promise<AttackAnswer> {
    return new Promise((resolve) => {
      this.#attacks.set(id, resolve)
      this.#tell({ kind: 'self-test', id })
    })
  }

  #attacked(id: string, answer: AttackAnswer): void {
    this.#attacks.get(id)?.(answer)
    this.#attacks.delete(id)
  }

  /** Starts the process anew, with its assignment of now; what it had seen is handed over first. */
  async restart(): Promise<void> {
    if (this.#isStopping) return
    this.#isRestarting = true
    clearTimeout(this.#restartTimer)
    await this.#endChild()
    this.#isRestarting = false
    if (!this.#isStopping) this.#child = this.#start()
  }

  /** Ends the sensor; resolves when everything it had seen has been handed over. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restartTimer)
    await this.#endChild()
    this.#silence.stop()
    this.#state = 'stopped'
  }

  async #endChild(): Promise<void> {
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = once(child, 'exit')
      this.#tell({ kind: 'stop' })
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      await ended
      clearTimeout(kill)
    }
  }

  #start(): ChildProcess {
    this.#state = 'starting'
    this.#startedAtMs = Date.now()
    this.#report = null
    this.#silence.begins()
    const child = fork(this.#options.program, [], {
      ...withFewerRights([...process.execArgv, ...this.#options.nodeOptions], LOST_RIGHTS),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (message: unknown) => this.#hear(child, message))
    // A process that could not even be started has no exit.
    child.on('error', (error) => {
      this.#failure = error.message
      if (child.pid === undefined) this.#ended('')
    })
    child.once('exit', (code, signal) => this.#ended(`the process ended with ${signal ?? code}`))
    this.#assign()
    return child
  }

  #assign(): void {
    try {
      this.#failure = null
      this.#tell({ kind: 'start', assignment: this.#options.assignment() })
    } catch (error) {
      // A model file that the configuration names may have gone bad since the last start.
      if (!(error instanceof PicketError)) throw error
      this.#failure = error.message
      this.#child.kill()
    }
  }

  /** It no longer takes messages, and a process that is stopped no other signal. */
  #hangs(): void {
    this.#failure = `the sensor said nothing for ${this.#options.maxSilenceMs / 1000} seconds`
    this.#child.kill('SIGKILL')
  }

  /** Nothing more is heard from a process that has said what no sensor says. */
  #hear(child: ChildProcess, message: unknown): void {
    this.#silence.broken()
    const fault = faultOf(message)
    if (fault === null) return this.#receive(message as FromSensor)
    child.removeAllListeners('message')
    this.#failure = `the sensor said what none says: ${fault}`
    child.kill('SIGKILL')
  }

  #receive(message: FromSensor): void {
    switch (message.kind) {
      case 'running':
        return this.#running(message)
      case 'batch':
        return this.#takeBatch(message)
      case 'report':
        this.#options.onReport(message.report, this.#report)
        this.#report = message.report
        return
      case 'learned':
        return this.#options.onModelLearned(message.model)
      case 'sampled':
        return this.#options.onSample(message.sample)
      case 'self-tested':
        return this.#attacked(message.id, { outcome: 'answered', kind: message.detected })
      case 'ended':
        this.#failure = failureWords(message)
    }
  }

  /** A detection that cannot be is not worth the sensor: the rest of what it sees would be lost with it. */
  #takeBatch({ flows, detections }: Extract<FromSensor, { kind: 'batch' }>): void {
    const { sound, fault } = siftDetections(detections)
    if (fault !== null && this.#refusals.admit(Date.now()) !== null) {
      const { log } = this.#options
      log.error('a sensor told what cannot be', { interface: this.interfaceName, reason: fault })
    }
    this.#options.onBatch(flows === null ? null : FlowBatch.from(flows), sound)
  }

  #running({ source, whyRoot }: Extract<FromSensor, { kind: 'running' }>): void {
    this.#state = 'running'
    this.#source = source
    const { log } = this.#options
    log.info('capturing', { interface: this.interfaceName, source })
    if (whyRoot !== null) {
      log.warn('a sensor parses packets as root', { interface: this.interfaceName, whyRoot })
    }
    this.#options.onRunning()
    this.#settle()
  }

  #ended(how: string): void {
    for (const id of this.#attacks.keys()) this.#attacked(id, { outcome: 'failed', reason: how })
    if (this.#isStopping || this.#isRestarting) return
    if (Date.now() - this.#startedAtMs > SETTLED_MS) this.#backoffMs = FIRST_RESTART_MS
    const reason = this.#failure ?? how
    const { log } = this.#options
    this.#state = 'failed'
    this.#failure = reason
    this.#restarts += 1
    log.error('a sensor failed', {
      interface: this.interfaceName,
      reason,
      retryMs: this.#backoffMs,
    })
    this.#options.onFailed(reason, this.#report)
    this.#settle()
    this.#restartTimer = setTimeout(() => this.#start(), this.#backoffMs)
    this.#backoffMs = Math.min(SLOWEST_RESTART_MS, this.#backoffMs * 2)
  }

  #tell(message: ToSensor): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }
}

function failureWords({ reason, hint }: Extract<FromSensor, { kind: 'ended' }>): string {
  const words = reason ?? 'the capture stopped by itself'
  return hint === null ? words : `${words} (${hint})`
}
