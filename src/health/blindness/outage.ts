/** An interface of which nothing at all is seen: its sensor does not run, or it is down. */
import { counted } from '../../core/text/amount.ts'
import { uuidv7 } from '../../core/uuid.ts'
import type { Detection, Kind } from '../../detect/detection.ts'
import { healthDetection, spell, timeOfDay } from '../health-detection.ts'

export interface SensorFailure {
  readonly reason: string
  /** Flows that the process had not handed over when it last reported. */
  readonly lostFlows: number
  /** The interface itself is not there any more, whatever the sensor said. */
  readonly isInterfaceGone: boolean
}

/** What an outage is told as. */
export interface OutageKind {
  readonly kind: Kind
  readonly severity: number
}

export const SENSOR_FAILED: OutageKind = { kind: 'health.sensor-failed', severity: 5 }
export const INTERFACE_DOWN: OutageKind = { kind: 'health.interface-down', severity: 4 }

interface OpenOutage {
  readonly id: string
  readonly fromMs: number
  failures: number
  lostFlows: number
  why: string
}

export class Outages {
  readonly #kind: OutageKind
  readonly #interfaceName: string
  #open: OpenOutage | null = null

  constructor(kind: OutageKind, interfaceName: string) {
    this.#kind = kind
    this.#interfaceName = interfaceName
  }

  get isOpen(): boolean {
    return this.#open !== null
  }

  /** Tells that the sensor or interface failed, for the first time or once more. */
  failed(failure: SensorFailure, nowMs: number): Detection[] {
    const open = (this.#open ??= {
      ...{ id: uuidv7(nowMs), fromMs: nowMs, failures: 0, lostFlows: 0, why: '' },
    })
    open.failures += 1
    open.lostFlows += failure.lostFlows
    const gone = failure.isInterfaceGone ? `the interface ${this.#interfaceName} is gone; ` : ''
    open.why = gone + failure.reason
    return [this.#tell(open, nowMs, false)]
  }

  /** Tells, if there was an outage, that it is over. */
  end(nowMs: number): Detection[] {
    if (this.#open === null) return []
    const told = this.#tell(this.#open, nowMs, true)
    this.#open = null
    return [told]
  }

  #tell(open: OpenOutage, nowMs: number, isFinal: boolean): Detection {
    const { id, fromMs, failures, lostFlows, why } = open
    const when = isFinal ? spell(fromMs, nowMs) : `since ${timeOfDay(fromMs, nowMs)}`
    const lost =
      lostFlows > 0
        ? `; ${counted(lostFlows, 'flow that it followed is', 'flows that it followed are')} lost`
        : ''
    const blindSeconds = (nowMs - fromMs) / 1000
    return healthDetection({
      ...{ ...this.#kind, id, fromMs, untilMs: nowMs, isFinal },
      count: failures,
      summary: `Blind on ${this.#interfaceName} ${when}: ${why}${lost}`,
      measured: { reason: why, blindSeconds, lostFlows },
    })
  }
}
