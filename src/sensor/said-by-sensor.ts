/**
 * Holds what a sensor process says against what one can say: it parses what anybody sends, and may have been taken
 * over by it. What fits may still be a lie, but breaks nothing.
 */
import { inspect } from 'node:util'
import {
  isFlag,
  isObject,
  listOf,
  misfit,
  oneOf,
  orNull,
  recordOf,
  shaped,
  textUpTo,
  within,
  type Check,
  type Shape,
} from '../core/schema/shape.ts'
import { MALFORMED_REASONS } from '../decode/packet.ts'
import type { Detection } from '../detect/detection.ts'
import { FlowBatch } from '../flow/batch/index.ts'
import { SHED_LEVELS } from '../pressure/index.ts'
import { DETECTION, isBytes, isCount, isKind, isName, isSentence } from './detection-shape.ts'
import type { FromSensor, SensorReport } from './messages.ts'

/** UTF-16 units of a model or its sample, at most. */
const MODEL = 64 * 2 ** 20
const MOST_DETECTIONS = 1_000_000
const MOST_RULES = 100_000
const MOST_LINK_TYPES = 65_536
/** Of a value, in the words about it. */
const MOST_SHOWN = 200

/** A sensor sees packets, not the processes behind them. */
const isFlows: Check<Uint8Array> = (value): value is Uint8Array =>
  isBytes(value) && FlowBatch.from(value)?.namesProcesses === false

const REPORT: Shape<SensorReport> = {
  ...{ liveFlows: isCount, maxFlows: isCount, openedFlows: isCount, endedFlows: isCount },
  ...{ evictedFlows: isCount, refusedFacts: isCount, foldedFlows: isCount, forgotten: isCount },
  ...{ frames: isCount, kernelDrops: orNull(isCount), droppedFlows: isCount },
  malformed: recordOf(oneOf(MALFORMED_REASONS), isCount, MALFORMED_REASONS.length),
  fragments: shaped({
    ...{ fragments: isCount, overlapping: isCount, tiny: isCount },
    ...{ withoutPorts: isCount, forgotten: isCount },
  }),
  unreadableLinks: listOf(shaped({ linkType: isCount, frames: isCount }), MOST_LINK_TYPES),
  skipped: shaped({
    ...{ payloads: isCount, scores: isCount, records: isCount },
    ...{ details: isCount, openings: isCount },
  }),
  learning: shaped({
    state: oneOf(['off', 'learning', 'scoring']),
    progress: within(0, 1),
    ...{ version: orNull(isCount), drift: orNull(isCount), held: orNull(isSentence) },
  }),
  hasRandomForest: isFlag,
  ruleHits: recordOf(isName, isCount, MOST_RULES),
  load: shaped({
    level: oneOf(SHED_LEVELS),
    ...{ sinceMs: orNull(isCount), why: orNull(isSentence) },
    ...{ cpuShare: orNull(isCount), residentBytes: isCount },
  }),
}

/** Each is looked at by `siftDetections`. */
const isDetections: Check<readonly Detection[]> = (value): value is readonly Detection[] =>
  Array.isArray(value) && value.length <= MOST_DETECTIONS

type Said<Kind> = Omit<Extract<FromSensor, { readonly kind: Kind }>, 'kind'>

const SAID: { readonly [Kind in FromSensor['kind']]: Shape<Said<Kind>> } = {
  running: { source: isName, whyRoot: orNull(isSentence) },
  batch: {
    flows: orNull(isFlows),
    detections: isDetections,
  },
  report: { report: shaped(REPORT) },
  learned: { model: textUpTo(MODEL) },
  sampled: { sample: textUpTo(MODEL) },
  'self-tested': { id: isName, detected: orNull(isKind) },
  ended: { reason: orNull(isSentence), hint: orNull(isSentence) },
}

/** Says what makes a message none that a sensor sends, naming the member and its value; null where it is one. */
export function faultOf(message: unknown): string | null {
  const kind = isObject(message) ? message['kind'] : null
  if (!isObject(message) || typeof kind !== 'string' || !Object.hasOwn(SAID, kind)) {
    return `${shown(message)} is no message`
  }
  const name = misfit(message, SAID[kind as FromSensor['kind']] as Shape<unknown>)
  if (name === null) return null
  const value = message[name]
  return name === 'report' ? faultWithin(name, value, REPORT) : `${kind}.${name} is ${shown(value)}`
}

export interface Sifted {
  readonly sound: readonly Detection[]
  /** What is wrong with the first of the others; null where there is none. */
  readonly fault: string | null
}

/** Keeps the detections that are as they must be: one that is not takes no other with it. */
export function siftDetections(detections: readonly unknown[]): Sifted {
  const isSound = shaped(DETECTION)
  const sound = detections.filter(isSound)
  if (sound.length === detections.length) return { sound, fault: null }
  const other = detections.find((one) => !isSound(one))
  return { sound, fault: faultWithin('detection', other, DETECTION) }
}

function faultWithin<Whole>(place: string, value: unknown, shape: Shape<Whole>): string {
  const name = misfit(value, shape)
  return name === null || !isObject(value)
    ? `${place} is ${shown(value)}`
    : `${place}.${name} is ${shown(value[name])}`
}

/** One line, whatever it is. */
function shown(value: unknown): string {
  return inspect(value, {
    ...{ depth: 0, breakLength: Infinity, compact: true },
    ...{ maxStringLength: 60, maxArrayLength: 3 },
  }).slice(0, MOST_SHOWN)
}
