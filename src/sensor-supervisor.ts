/** The agent's side of a sensor: starts the process, starts it again when it dies, knows how it is. */
import { fork, type ChildProcess } from 'node:child_process'
import { builtModule } from './core/built-module.ts'
import type { Log } from './core/log.ts'
import type { Detection } from './detect/index.ts'
import type { Flow } from './flow/flow.ts'
import type { FromSensor, SensorAssignment, SensorReport, ToSensor } from './sensor-messages.ts'

const FIRST_RESTART_MS = 500
const SLOWEST_RESTART_MS = 30_000
/** A sensor that ran this long had started well: the next failure begins the back-off anew. */
const SETTLED_MS = 60_000
const STOP_WITHIN_MS = 1_200

export interface SupervisorOptions {
  readonly log: Log
  /** Asked at every start, so that a model learned meanwhile is in force after a restart. */
  assignment(): SensorAssignment
  onBatch(flows: readonly Flow[], detections: readonly Detection[]): void
  onReport(report: SensorReport, before: SensorReport | null): void
  onModelLearned(model: string): void
  /** The sensor failed and is about to be started again. */
  onFailed(reason: string, blindFromMs: number): void
}

export type SensorState = 'starting' | 'running' | 'failed' | 'stopped'

export interface SupervisedSensor {
  readonly interfaceName: string
  state(): SensorState
  /** `eth0 (tcpdump)`; null until the interface is open. */
  source(): string | null
  report(): SensorReport | null
  restarts(): number
  lastFailure(): string | null
  /** Resolves once the sensor runs or has failed for the first time. */
  readonly settled: Promise<void>
  /** Ends the sensor; resolves when everything it had seen has been handed over. */
  stop(): Promise<void>
}

/** Starts a sensor process and keeps it running until `stop`. */
export function superviseSensor(
  interfaceName: string,
  options: SupervisorOptions,
): SupervisedSensor {
  let child: ChildProcess
  let state: SensorState = 'starting'
  let source: string | null = null
  let report: SensorReport | null = null
  let restarts = 0
  let lastFailure: string | null = null
  let restartTimer: NodeJS.Timeout | undefined
  let backoffMs = FIRST_RESTART_MS
  let isStopping = false
  let settle: () => void = () => undefined
  const settled = new Promise<void>((resolve) => (settle = resolve))
  let ended: () => void = () => undefined
  const end = new Promise<void>((resolve) => (ended = resolve))

  function start(): void {
    const startedAtMs = Date.now()
    let failure: string | null = null
    state = 'starting'
    child = fork(builtModule(import.meta.url, './sensor-process.ts'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.on('message', (message: FromSensor) => {
      if (message.kind === 'ended') failure = withHint(message)
      else receive(message)
    })
    child.on('error', (error) => (failure = error.message))
    child.once('exit', (code, signal) => {
      if (isStopping) return finish()
      restartLater(failure ?? `the process ended with ${signal ?? code}`, startedAtMs)
    })
    tell({ kind: 'start', assignment: options.assignment() })
  }

  function receive(message: Exclude<FromSensor, { kind: 'ended' }>): void {
    switch (message.kind) {
      case 'running':
        state = 'running'
        source = message.source
        options.log.info('capturing', { interface: interfaceName, source })
        return settle()
      case 'batch':
        return options.onBatch(message.flows, message.detections)
      case 'report': {
        const before = report
        report = message.report
        return options.onReport(message.report, before)
      }
      case 'learned':
        return options.onModelLearned(message.model)
    }
  }

  function restartLater(reason: string, startedAtMs: number): void {
    if (Date.now() - startedAtMs > SETTLED_MS) backoffMs = FIRST_RESTART_MS
    state = 'failed'
    lastFailure = reason
    report = null
    restarts += 1
    options.log.error('a sensor failed', { interface: interfaceName, reason, retryMs: backoffMs })
    options.onFailed(reason, Date.now())
    settle()
    restartTimer = setTimeout(start, backoffMs)
    backoffMs = Math.min(SLOWEST_RESTART_MS, backoffMs * 2)
  }

  function tell(message: ToSensor): void {
    if (child.connected) child.send(message, () => undefined)
  }

  function finish(): void {
    state = 'stopped'
    ended()
  }

  start()
  return {
    interfaceName,
    state: () => state,
    source: () => source,
    report: () => report,
    restarts: () => restarts,
    lastFailure: () => lastFailure,
    settled,
    async stop() {
      isStopping = true
      clearTimeout(restartTimer)
      if (child.exitCode !== null || child.signalCode !== null) finish()
      tell({ kind: 'stop' })
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      await end
      clearTimeout(kill)
    },
  }
}

function withHint(message: {
  readonly reason: string | null
  readonly hint: string | null
}): string {
  const reason = message.reason ?? 'the capture stopped by itself'
  return message.hint === null ? reason : `${reason} (${message.hint})`
}
