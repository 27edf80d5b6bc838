/** Labelled captures as feature vectors, made by the very stages that run in the sensor. */
import { openPcapFile } from '../capture/index.ts'
import { Decoder, Packet } from '../decode/index.ts'
import { FEATURE_COUNT, Extractor } from '../feature/index.ts'
import { FlowTable } from '../flow/index.ts'
import { flowConfig, type FlowConfig } from '../flow/config.ts'
import type { FlowObserver, LiveFlow } from '../flow/flow.ts'
import { isTaught } from '../detect/models/index.ts'
import { groupOf, labellerOf } from './label.ts'
import type { LabelledCapture } from './truth.ts'

const HASH_SEED = 1

/** The labelled flows of one capture. */
export interface CaptureRows {
  readonly name: string
  /** Never on both sides of a fold. */
  readonly group: string
  /** What its truth calls the attack; empty for ordinary traffic. */
  readonly attackTypes: readonly string[]
  readonly rows: readonly Float64Array[]
  readonly labels: readonly (0 | 1)[]
  /** Flows nobody could label. */
  readonly leftOut: number
}

/**
 * Runs a capture through capture…feature and labels its flows.
 *
 * Errors: as the capture file's (`ERR_CAPTURE_…`); a capture damaged on the way gives what was read.
 */
export async function captureRows(capture: LabelledCapture): Promise<CaptureRows> {
  const labelOf = labellerOf(capture.truth)
  const extractor = new Extractor({ keyOf: numberedIpv6Hosts() })
  const rows: Float64Array[] = []
  const labels: (0 | 1)[] = []
  let leftOut = 0
  const observer: FlowObserver = {
    flowOpened: (flow: LiveFlow) => extractor.flowOpened(flow),
    flowAnswered: (flow: LiveFlow) => extractor.flowAnswered(flow),
    flowEnded(flow: LiveFlow) {
      const label = isTaught(flow)
        ? labelOf(flow.originatorAddress(), flow.responderAddress())
        : null
      if (label === null) {
        leftOut += 1
        return
      }
      const row = new Float64Array(FEATURE_COUNT)
      extractor.extract(flow, row)
      rows.push(row)
      labels.push(label)
    },
  }
  // A fixed seed: the same captures must give the same vectors, also where sketches collide.
  const table = new FlowTable(defaultFlowConfig(), observer, { hashSeed: HASH_SEED })
  await replayInto(table, capture.path)
  const { name, attack_types: attackTypes = [] } = capture.truth
  return { name, group: groupOf(capture.truth), attackTypes, rows, labels, leftOut }
}

const FIRST_IPV6_KEY = 2 ** 32

function numberedIpv6Hosts(): (key: number) => number {
  const numbers = new Map<number, number>()
  return (key) => {
    if (key < FIRST_IPV6_KEY) return key
    const number = numbers.get(key) ?? FIRST_IPV6_KEY + numbers.size
    numbers.set(key, number)
    return number
  }
}

async function replayInto(table: FlowTable, path: string): Promise<void> {
  const decoder = new Decoder()
  const packet = new Packet()
  let nextTickUs = -Infinity
  await openPcapFile(path).run((frame) => {
    decoder.decode(frame, packet)
    // The sensor's tick: once a second of packet time, and whenever the clock jumps back.
    const nowUs = packet.timestampUs
    if (nowUs >= nextTickUs || nowUs < nextTickUs - 2e6) {
      nextTickUs = nowUs + 1e6
      table.advance(nowUs)
    }
    table.fold(packet)
  })
  table.end()
}

function defaultFlowConfig(): FlowConfig {
  const defaults = Object.entries(flowConfig.properties).map(([key, field]) => [
    key,
    (field as { default: number }).default,
  ])
  return Object.fromEntries(defaults) as FlowConfig
}
