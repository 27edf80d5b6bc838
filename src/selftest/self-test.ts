/** The self-test: an attack that never was, followed on its whole way through the agent. */
import { setTimeout as pause } from 'node:timers/promises'
import { rfc3339FromUs, type Clock } from '../core/clock.ts'
import type { Pulse } from '../core/process/pulse.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { SinkDesk, SinkHealth } from '../forward/index.ts'
import type { Event } from '../record/event.ts'
import type { EventLog } from '../record/logs/event-log.ts'
import type { Blocker } from '../respond/index.ts'
import { StepLog, type SelfTestReport } from './steps.ts'

/** How often sinks are asked how far they are. */
const ASK_MS = 50
/** A lost connection of a stream is noticed within a second: what still counts as sent then has been written. */
const STAYS_SENT_MS = 1500

/** Runs a self-test that takes so long at most. */
export type SelfTestRun = (timeoutMs: number) => Promise<SelfTestReport>

/** What came of the attack in a sensor's process; `kind` of the event is null when it saw nothing. */
export type AttackAnswer =
  | { readonly outcome: 'answered'; readonly kind: string | null }
  | { readonly outcome: 'failed'; readonly reason: string }

/** A sensor as the self-test needs it. */
export interface TestedSensor {
  readonly interfaceName: string
  readonly state: string
  /** Sends the attack through the sensor's process. It never rejects, and never resolves where that hangs. */
  attack(selfTest: string): Promise<AttackAnswer>
}

export interface SelfTestParts {
  readonly sensors: readonly TestedSensor[]
  readonly events: Pick<EventLog, 'get' | 'lastSequence'>
  /** Beats when events have been recorded. */
  readonly recorded: Pulse
  readonly sinks: Pick<SinkDesk, 'health'>
  readonly blocker: Pick<Blocker, 'refusalOf' | 'status'>
  readonly clock: Clock
}

/** Runs one self-test at a time. */
export class SelfTest {
  readonly #parts: SelfTestParts
  /** What the intake has recorded of the test that runs. */
  readonly #recorded = new Map<string, Event>()
  #id: string | null = null

  constructor(parts: SelfTestParts) {
    this.#parts = parts
  }

  /** To be told of every event that is on disk. */
  sawRecorded(events: readonly Event[]): void {
    for (const event of events) {
      if (this.#id !== null && event.selfTest === this.#id) {
        this.#recorded.set(event.interface ?? '', event)
      }
    }
  }

  /**
   * Has every sensor meet the attack, and follows what comes of it for at most `timeoutMs`.
   *
   * Nothing is blocked: the event is marked, and what would be ordered is only asked of the guards.
   * One at a time: the caller sees to that.
   */
  async run(timeoutMs: number): Promise<SelfTestReport> {
    if (this.#id !== null) throw new Error('a self-test runs already')
    const id = uuidv7(this.#parts.clock.nowMs())
    this.#id = id
    this.#recorded.clear()
    try {
      return await this.#follow(id, timeoutMs)
    } finally {
      this.#id = null
    }
  }

  async #follow(id: string, timeoutMs: number): Promise<SelfTestReport> {
    const startedAt = rfc3339FromUs(this.#parts.clock.nowMs() * 1000)
    const log = new StepLog()
    const signal = AbortSignal.timeout(timeoutMs)
    const { sensors } = this.#parts
    if (sensors.length === 0) log.failed('detect', null, 'no sensor runs: nothing is captured')
    const events = await Promise.all(
      sensors.map((sensor) => this.#throughSensor(sensor, id, log, signal)),
    )
    const found = events.filter((event) => event !== null)
    await this.#throughSinks(found, log, signal)
    await this.#dryRun(found[0] ?? null, log)
    return {
      ...{ id, passed: !log.hasFailed, startedAt, milliseconds: log.elapsedMs },
      ...{ events: found.map((event) => event.id), steps: log.steps },
    }
  }

  /** Detected in the sensor's process, recorded in the agent's. */
  async #throughSensor(
    sensor: TestedSensor,
    id: string,
    log: StepLog,
    signal: AbortSignal,
  ): Promise<Event | null> {
    const { interfaceName: name, state } = sensor
    const answer: AttackAnswer =
      state === 'running'
        ? await Promise.race([sensor.attack(id), overdue(signal)])
        : { outcome: 'failed', reason: `the sensor is ${state}` }
    if (answer.outcome === 'failed' || answer.kind === null) {
      const unseen = 'the scan was not detected: is detect.portScan enabled?'
      log.failed('detect', name, answer.outcome === 'failed' ? answer.reason : unseen)
      return null
    }
    log.passed('detect', name, answer.kind)
    const event = await this.#recordedEvent(name, signal)
    if (event === null) log.failed('record', name, 'the event is not in the log in time')
    else log.passed('record', name, `event ${event.id}, number ${event.sequence}`)
    return event
  }

  /** Read back from the file, not from memory. */
  async #recordedEvent(name: string, signal: AbortSignal): Promise<Event | null> {
    while (!signal.aborted) {
      const event = this.#recorded.get(name)
      if (event !== undefined) return this.#parts.events.get(event.id)
      await this.#parts.recorded.next(ASK_MS, signal)
    }
    return null
  }

  /** A sink has it when its position, which passes only what was accepted or left out, has passed it. */
  async #throughSinks(events: readonly Event[], log: StepLog, signal: AbortSignal): Promise<void> {
    const last = Math.max(0, ...events.map(({ sequence }) => sequence))
    if (last === 0) return
    const names = this.#parts.sinks.health().map(({ name }) => name)
    await Promise.all(names.map((name) => this.#throughSink(name, last, log, signal)))
  }

  async #throughSink(
    name: string,
    sequence: number,
    log: StepLog,
    signal: AbortSignal,
  ): Promise<void> {
    let sentSince: number | null = null
    for (;;) {
      const newest = this.#parts.events.lastSequence()
      const sink = this.#parts.sinks.health().find((one) => one.name === name)
      if (sink === undefined) return
      const now = performance.now()
      sentSince = isSentUnacknowledged(sink, newest, sequence) ? (sentSince ?? now) : null
      const staysSent = sentSince !== null && now - sentSince >= STAYS_SENT_MS
      if (sink.position >= sequence || staysSent) {
        log.passed('forward', name, arrivalWords(sink, sequence))
        return
      }
      if (signal.aborted) {
        const why = sink.lastError ?? 'it has accepted nothing in time'
        const behind = `its position is ${sink.position}, the event is number ${sequence}`
        log.failed('forward', name, `${why}; ${behind}`)
        return
      }
      await pause(ASK_MS)
    }
  }

  /** Asks everything of a block but the block. */
  async #dryRun(event: Event | null, log: StepLog): Promise<void> {
    if (event === null || event.attacker === null) return
    const { blocker } = this.#parts
    const refused = await blocker.refusalOf({
      ...{ target: event.attacker, reason: 'self-test', source: 'api', orderedBy: 'self-test' },
      ...{ actor: 'agent', eventId: event.id, callerAddress: null },
    })
    const { name, usable, problem } = blocker.status()
    if (refused !== null) log.failed('block', name, refused.message)
    else if (!usable) log.failed('block', name, problem ?? 'the firewall cannot be used')
    else log.passed('block', name, `${event.attacker} could be blocked; policy: ${event.decision}`)
  }
}

/** Syslog over a stream has no acknowledgement: its position follows half a minute after what was sent. */
function isSentUnacknowledged(sink: SinkHealth, newest: number, sequence: number): boolean {
  const isSent = newest - sink.backlog >= sequence
  return sink.type === 'syslog' && isSent && sink.lastError === null
}

function arrivalWords({ position, lastSent }: SinkHealth, sequence: number): string {
  if (position < sequence) {
    return `sent; syslog acknowledges nothing, so its position, ${position}, follows half a minute later`
  }
  const words = lastSent >= sequence ? 'accepted' : 'left out, as its own filter or rate says'
  return `${words}; its position is ${position}`
}

function overdue(signal: AbortSignal): Promise<AttackAnswer> {
  return new Promise((resolve) => {
    const late = { outcome: 'failed', reason: 'the sensor does not answer in time' } as const
    if (signal.aborted) resolve(late)
    else signal.addEventListener('abort', () => resolve(late), { once: true })
  })
}
