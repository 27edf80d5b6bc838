/** The replay of one capture: the stages wired to a file or standard input, and to the log. */
import { plainlyCounted } from '../../core/text/amount.ts'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as waitMs } from 'node:timers/promises'
import {
  openPcapFile,
  openPcapStream,
  type CaptureFault,
  type PcapFileSource,
} from '../../capture/index.ts'
import type { CaptureEnd } from '../../capture/source.ts'
import { systemClock } from '../../core/clock.ts'
import { fixSeeds } from '../../core/hash-seeds.ts'
import { decide, policyFromConfig } from '../../decide/index.ts'
import type { UnreadableLink } from '../../decode/index.ts'
import type { IndicatorTables, RuleText } from '../../detect/index.ts'
import type { StoredModels } from '../../detect/models/index.ts'
import { EventFolder, IncidentBook } from '../../record/index.ts'
import type { Event } from '../../record/event.ts'
import type { EventRecord } from '../../record/record.ts'
import { createSensor, type Sensor } from '../../sensor/sensor.ts'
import type { CommandContext } from '../context.ts'
import { FlowBatches } from './flow-batches.ts'
import { printEvents } from '../print/output.ts'
import { createProgress } from '../print/progress.ts'
import { ReplayedStories } from './replayed-stories.ts'

/** How often a followed capture's stories are told. */
const TELL_MS = 500
/** After Ctrl-C whoever writes to our standard input ends too, and what it still had is worth reading. */
const LAST_WORDS_MS = 300

/** What stands for standard input among the files. */
export const STDIN = '-'

export interface ReplayOptions {
  /** Goes on as the one file grows, until Ctrl-C, and tells stories as they begin and end. */
  readonly isFollowed: boolean
}

/** What a replay works with, the same for every file. */
export interface Replay extends ReplayOptions {
  readonly record: EventRecord
  readonly models: StoredModels
  /** What feeds call bad; null where there are no feeds. */
  readonly indicators: IndicatorTables | null
  readonly rules: readonly RuleText[]
  readonly context: CommandContext
}

/** What one capture gave. */
export interface Replayed {
  readonly events: readonly Event[]
  readonly end: CaptureEnd
  readonly frames: number
  readonly unreadable: readonly UnreadableLink[]
}

/** Says whether only Ctrl-C may end the reading. */
export const isEndless = (file: string, { isFollowed }: ReplayOptions): boolean =>
  isFollowed || file === STDIN

/** Replays one capture to its end, or until Ctrl-C where there is none; the events are saved, not forwarded. */
export async function replayFile(file: string, shared: Replay): Promise<Replayed> {
  const { record, context } = shared
  const startedAt = performance.now()
  const flows = new FlowBatches(record, file === STDIN ? 'stdin' : basename(file))
  const stories = new ReplayedStories(record, context.config.evidence.maxPacketsPerEvent)
  const source = sourceOf(file, shared, flows)
  const sensor = createReplaySensor(source.name, shared, flows, stories)
  const end = await readThrough(file, source, sensor, { shared, flows, stories })
  sensor.end()
  flows.handOver()
  await record.flows.flush()
  const events = await stories.saveAll()
  const { frames } = source.statistics()
  const { openedFlows, foldedFlows, unreadableLinks: unreadable } = sensor.statistics()
  const folded = foldedFlows > 0 ? ` (${foldedFlows} folded into events)` : ''
  const seconds = (performance.now() - startedAt) / 1000
  context.terminal.writeError(
    `${source.name}: ${plainlyCounted(frames, 'packet')}, ${plainlyCounted(openedFlows, 'flow')}${folded}, ${plainlyCounted(stories.count, 'event')} in ${seconds.toFixed(1)} s\n`,
  )
  return { events, end, frames, unreadable }
}

function sourceOf(
  file: string,
  { isFollowed, context: { terminal } }: Replay,
  flows: FlowBatches,
): PcapFileSource {
  const pace = (): Promise<void> => flows.roomForMore()
  if (file === STDIN) return openPcapStream(process.stdin, 'stdin', { pace })
  if (isFollowed && !existsSync(file)) {
    terminal.writeError(`picket: ${file} is not there yet; waiting for it\n`)
  }
  const onNextFile = (fault: CaptureFault | null): void => {
    const end = fault === null ? '' : `; its end was damaged: ${fault.reason}`
    terminal.writeError(`picket: ${file} was begun anew${end}\n`)
  }
  return openPcapFile(file, { pace, isFollowed, onNextFile })
}

interface Reading {
  readonly shared: Replay
  readonly flows: FlowBatches
  readonly stories: ReplayedStories
}

/** Reads to the end, or until Ctrl-C where there is none; shows how far it is, or tells what it finds. */
async function readThrough(
  file: string,
  source: PcapFileSource,
  sensor: Sensor,
  reading: Reading,
): Promise<CaptureEnd> {
  const { shared } = reading
  const { terminal } = shared.context
  const forgetSignals = isEndless(file, shared) ? stopOnSignal(source, file) : () => undefined
  const ended = new AbortController()
  const telling = shared.isFollowed ? tellUntil(ended.signal, source, reading) : Promise.resolve()
  // Met again below; until then nobody waits for it.
  telling.catch(() => undefined)
  const progress = createProgress(terminal, source.name)
  const timer = setInterval(() => {
    const { bytes, frames } = source.statistics()
    if (!shared.isFollowed)
      progress.show(source.sizeBytes ? bytes / source.sizeBytes : null, frames)
  }, 200)
  try {
    return await source.run((frame) => sensor.frame(frame))
  } finally {
    clearInterval(timer)
    progress.clear()
    forgetSignals()
    ended.abort()
    await telling
  }
}

/** Tells of stories as they begin and end; when they cannot be saved the reading ends too. */
async function tellUntil(
  ended: AbortSignal,
  source: PcapFileSource,
  { shared, flows, stories }: Reading,
): Promise<void> {
  try {
    while (!ended.aborted) {
      await waitMs(TELL_MS, undefined, { signal: ended }).catch(() => undefined)
      flows.handOver()
      printEvents(await stories.saveDue(), shared.context)
    }
  } catch (error) {
    source.stop()
    throw error
  }
}

/** Ends the reading at the first signal; the second one ends the program as ever. */
function stopOnSignal(source: PcapFileSource, file: string): () => void {
  const stop = (): void => {
    forget()
    setTimeout(() => source.stop(), file === STDIN ? LAST_WORDS_MS : 0).unref()
  }
  const forget = (): void => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return forget
}

function createReplaySensor(
  name: string,
  { record, models, rules, indicators, context: { config } }: Replay,
  flows: FlowBatches,
  stories: ReplayedStories,
): Sensor {
  const policy = policyFromConfig({ ...config.policy, mode: 'alert' })
  const folder = new EventFolder({
    agentId: record.agentId,
    foldSeconds: config.policy.foldSeconds,
    clock: systemClock,
    incidents: new IncidentBook(config.policy.incidentQuietHours * 3600),
  })
  fixSeeds()
  return createSensor({
    flow: config.flow,
    detect: config.detect,
    evidence: config.evidence,
    models,
    indicators,
    rules,
    flows: config.record.flows ? flows : null,
    flowsPerStory: config.record.flowsPerStory,
    onDetection: (detection) => {
      stories.add(
        folder.fold(detection, decide(detection, policy, detection.lastSeenUs / 1000), name),
        detection,
      )
    },
    onModelLearned: () => undefined,
  })
}
