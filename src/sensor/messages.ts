/** What the agent and a sensor process say to each other over the fork's channel. */
import type { CaptureConfig } from '../capture/config.ts'
import type { Detection, IndicatorTables, RuleText } from '../detect/index.ts'
import type { DetectConfig } from '../detect/config.ts'
import type { StoredModels } from '../detect/models/index.ts'
import type { EvidenceConfig } from '../evidence/config.ts'
import type { FlowConfig } from '../flow/config.ts'
import type { SensorConfig } from '../pressure/config.ts'
import type { SensorLoad } from './load.ts'
import type { SensorStatistics } from './sensor.ts'

/** What a sensor process is told when it starts. */
export interface SensorAssignment {
  readonly interfaceName: string
  readonly capture: CaptureConfig
  readonly flow: FlowConfig
  readonly detect: DetectConfig
  readonly evidence: EvidenceConfig
  /** Its ceilings. */
  readonly sensor: SensorConfig
  readonly models: StoredModels
  /** Null or absent where no feed is configured. */
  readonly indicators?: IndicatorTables | null
  readonly rules: readonly RuleText[]
  readonly wantsFlows: boolean
  readonly flowsPerStory: number | null
}

export type ToSensor =
  | { readonly kind: 'start'; readonly assignment: SensorAssignment }
  | { readonly kind: 'indicators'; readonly tables: IndicatorTables }
  /** Other Sigma rules are to be in force. */
  | {
      readonly kind: 'rules'
      readonly rules: readonly RuleText[]
      /** Names and ids of those that rest. */
      readonly disabled: readonly string[]
    }
  /** Send the crafted attack through. */
  | { readonly kind: 'self-test'; readonly id: string }
  | { readonly kind: 'stop' }

export interface SensorReport extends SensorStatistics {
  /** Frames captured. */
  readonly frames: number
  /** Frames the kernel dropped; null when it cannot be known. */
  readonly kernelDrops: number | null
  /** Flows that found the channel to the agent full. */
  readonly droppedFlows: number
  readonly load: SensorLoad
}

export type FromSensor =
  /** The interface is open. */
  | {
      readonly kind: 'running'
      readonly source: string
      /** Why the sensor is still root; null when it is not. */
      readonly whyRoot: string | null
    }
  | {
      readonly kind: 'batch'
      /** The bytes of a batch, see `FlowBatch.from`. */
      readonly flows: Uint8Array | null
      readonly detections: readonly Detection[]
    }
  | { readonly kind: 'report'; readonly report: SensorReport }
  | { readonly kind: 'learned'; readonly model: string }
  | { readonly kind: 'sampled'; readonly sample: string }
  /** The crafted attack is through; null when nothing was detected. */
  | { readonly kind: 'self-tested'; readonly id: string; readonly detected: string | null }
  /** The last word: everything has been handed over. */
  | { readonly kind: 'ended'; readonly reason: string | null; readonly hint: string | null }
