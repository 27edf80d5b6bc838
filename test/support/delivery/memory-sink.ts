/** What forwarders are made of in tests: the agent's facts, and a sink in memory that tests can vex. */
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { createMetrics } from '../../../src/core/log/metrics.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { Forwarder, type ForwarderOptions } from '../../../src/forward/delivery/forwarder.ts'
import { eventLane } from '../../../src/forward/delivery/lane.ts'
import type { Outgoing } from '../../../src/forward/outgoing.ts'
import type { Receipt, Sink } from '../../../src/forward/sink.ts'
import type { EventRecord } from '../../../src/record/record.ts'

export const SINK_DEFAULTS = {
  name: 'siem',
  startFrom: 'beginning',
  minSeverity: 0,
  flows: false,
} as const

/** What every forwarder is handed besides its sink; no heartbeats unless a test wants them. */
export function forwarderGround(record: EventRecord) {
  const told: Detection[] = []
  return {
    record,
    lane: eventLane(record),
    agentId: record.agentId,
    heartbeatSeconds: 0,
    facts: () =>
      Promise.resolve({
        ...{ version: '0.1.0', uptimeSeconds: 7, counters: { kernelDrops: 3 } },
        auditHead: record.audit.head(),
      }),
    told,
    tell: (detection: Detection) => void told.push(detection),
    ...{ clock: systemClock, log: silentLog, metrics: createMetrics() },
  } satisfies Partial<ForwarderOptions> & { told: Detection[]; record: EventRecord }
}

/** A destination that keeps what it gets; it takes and confirms as it is told to. */
export class MemorySink {
  readonly got: Outgoing[] = []
  /** What it answers instead of taking anything. */
  trouble: string | null = null
  /** Whether it says at once that what it took has arrived. */
  confirms = true
  /** Why it cannot be closed in order. */
  closingTrouble: string | null = null
  /** Batches, empty ones too. */
  asked = 0
  opened = 0
  #open = 0

  open(): Sink {
    this.#open += 1
    this.opened += 1
    if (this.#open > 1) throw new Error('two sinks at a time')
    let accepted = 0
    let isClosed = false
    return {
      name: 'siem',
      send: (events): Promise<Receipt> => {
        this.asked += 1
        if (this.trouble !== null) {
          return Promise.resolve({ kind: 'retry', reason: this.trouble, afterMs: null })
        }
        this.got.push(...events)
        const last = this.got.at(-1)?.sequence ?? 0
        if (this.confirms) accepted = last
        return Promise.resolve({ kind: 'accepted', sequence: accepted })
      },
      close: () => {
        if (!isClosed) this.#open -= 1
        isClosed = true
        const trouble = this.closingTrouble
        return trouble === null ? Promise.resolve(null) : Promise.reject(new Error(trouble))
      },
    }
  }

  get sequences(): readonly number[] {
    return this.got.map(({ sequence }) => sequence)
  }
}

type Changes = Partial<Omit<ForwarderOptions, 'config'>> & {
  readonly config?: Partial<ForwarderOptions['config']>
}

/** Starts a forwarder to a sink in memory; it is stopped when the test is over. */
export function forwardingTo(sink: MemorySink, record: EventRecord, changes: Changes = {}) {
  const ground = forwarderGround(record)
  const { config, ...others } = changes
  const forwarder = new Forwarder({
    ...{ ...ground, open: () => sink.open(), ...others },
    config: { ...SINK_DEFAULTS, type: 'memory', ...config },
  })
  onTestFinished(() => forwarder.stop())
  return { forwarder, told: ground.told }
}
