/** Folds frames into flows for tests and keeps what the observer was told. */
import { Decoder, Packet } from '../../../src/decode/index.ts'
import type { FlowConfig } from '../../../src/flow/config.ts'
import { FlowTable, type EndReason, type Flow, type LiveFlow } from '../../../src/flow/index.ts'
import { FlowBatchWriter } from '../../../src/flow/batch/index.ts'
import { frameOf, type LinkPayload, ethernet } from '../packets/packet-builder.ts'

/** The configuration's defaults, and a smaller table. */
export const FLOW_DEFAULTS: FlowConfig = {
  maxFlows: 65536,
  tcpIdleTimeoutMs: 300_000,
  otherIdleTimeoutMs: 60_000,
  unansweredTimeoutMs: 15_000,
  closedTimeoutMs: 2000,
  activeTimeoutMs: 1_800_000,
}

/** The moment at which the tests' packets begin. */
export const START_US = 1_700_000_000_000_000

export interface Told {
  readonly kind: 'opened' | 'answered' | 'ended'
  readonly flow: Flow
  /** Meaningful for `ended` only. */
  readonly reason: EndReason
}

/** A flow table fed with built packets, and everything it told. */
export class FoldedFlows {
  readonly table: FlowTable
  readonly told: Told[] = []
  /** The cursor after the last packet. */
  last: LiveFlow | null = null
  readonly #decoder = new Decoder()
  readonly #packet = new Packet()
  readonly #batch = new FlowBatchWriter('test', 1)

  constructor(config: Partial<FlowConfig> = {}, hashSeed?: number) {
    const complete = { ...FLOW_DEFAULTS, ...config }
    const tell = (kind: Told['kind'], live: LiveFlow, reason: EndReason): void => {
      this.#batch.add(live, reason, { anomalyScore: null, attackScore: null })
      this.told.push({ kind, flow: this.#batch.take()!.flow(0), reason })
    }
    const observer = {
      flowOpened: (flow: LiveFlow) => tell('opened', flow, 'idle'),
      flowAnswered: (flow: LiveFlow) => tell('answered', flow, 'idle'),
      flowEnded: (flow: LiveFlow, reason: EndReason) => tell('ended', flow, reason),
    }
    this.table = new FlowTable(complete, observer, hashSeed === undefined ? {} : { hashSeed })
  }

  /** Folds one packet, `atMs` after the start. */
  fold(layer: LinkPayload, atMs = 0): LiveFlow | null {
    const timestampUs = START_US + atMs * 1000
    this.#decoder.decode(frameOf(ethernet(layer), { timestampUs }), this.#packet)
    this.last = this.table.fold(this.#packet)
    return this.last
  }

  /** Lets packet time reach `atMs` after the start. */
  advance(atMs: number): void {
    this.table.advance(START_US + atMs * 1000)
  }

  /** Ends the capture and returns the flows in the order they ended. */
  end(): Flow[] {
    this.table.end()
    return this.ended
  }

  get ended(): Flow[] {
    return this.told.filter(({ kind }) => kind === 'ended').map(({ flow }) => flow)
  }

  get kinds(): string[] {
    return this.told.map(({ kind }) => kind)
  }
}
