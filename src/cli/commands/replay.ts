/** `picket replay`: the whole pipeline over capture files, on the packets' own clock. */
import { openPcapFile } from '../../capture/index.ts'
import type { CaptureEnd } from '../../capture/source.ts'
import { systemClock } from '../../core/clock.ts'
import { createLog } from '../../core/log.ts'
import { decide, policyFromConfig } from '../../decide/index.ts'
import { loadShippedModels, type StoredModels } from '../../detect/models/index.ts'
import type { Flow } from '../../flow/flow.ts'
import { EventFolder, openRecord, type FoldedEvent } from '../../record/index.ts'
import type { Event } from '../../record/event.ts'
import type { EventRecord } from '../../record/record.ts'
import { createSensor, type Sensor } from '../../sensor.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, printEvents, printFailure } from '../output.ts'
import { createProgress } from '../progress.ts'

const FLOWS_PER_APPEND = 1_000

interface Replayed {
  readonly events: readonly Event[]
  readonly end: CaptureEnd
}

/**
 * Replays each file and prints its events as they stood in the end; they stay in the log (not forwarded).
 *
 * Exit: 0 when all was read, 3 when a file is damaged or no capture (the others are still replayed).
 */
export async function replay(files: readonly string[], context: CommandContext): Promise<number> {
  const log = createLog({ ...context.config.log, level: 'warn' })
  const { config, directory } = context
  const record = await openRecord({
    directory,
    clock: systemClock,
    log,
    config: config.record,
    mode: 'write',
  })
  const models = loadShippedModels(log, config.detect.randomForest.model)
  let exitCode: number = EXIT.ok
  try {
    for (const file of files) {
      exitCode = Math.max(exitCode, await replayAndPrint(file, record, models, context))
    }
  } finally {
    await record.close()
    await log.close()
  }
  return exitCode
}

async function replayAndPrint(
  file: string,
  record: EventRecord,
  models: StoredModels,
  context: CommandContext,
): Promise<number> {
  let replayed: Replayed
  try {
    replayed = await replayFile(file, record, models, context)
  } catch (error) {
    return printFailure(error, context.terminal)
  }
  printEvents(replayed.events, context)
  const { end } = replayed
  if (end.kind === 'complete') return EXIT.ok
  const fault =
    end.kind === 'damaged' ? `damaged at byte ${end.byteOffset}: ${end.reason}` : reasonOf(end)
  context.terminal.writeError(
    `picket: ${file} is ${fault}\nhint: what could be read was processed; the log holds it\n`,
  )
  return EXIT.damaged
}

const reasonOf = (end: CaptureEnd): string =>
  end.kind === 'failed' ? `unreadable: ${end.reason}` : 'not read to its end'

async function replayFile(
  file: string,
  record: EventRecord,
  models: StoredModels,
  context: CommandContext,
): Promise<Replayed> {
  const startedAt = performance.now()
  const flows = new FlowBatches(record)
  const source = openPcapFile(file, { pace: () => flows.roomForMore() })
  const progress = createProgress(context.terminal, source.name)
  const stories = new Map<string, FoldedEvent>()
  const sensor = createReplaySensor(source.name, { record, models, context, flows, stories })
  const timer = setInterval(() => {
    progress.show(source.statistics().bytes / (source.sizeBytes || 1), source.statistics().frames)
  }, 200)
  let end: CaptureEnd
  try {
    end = await source.run((frame) => sensor.frame(frame))
  } finally {
    clearInterval(timer)
    progress.clear()
  }
  sensor.end()
  flows.handOver()
  await record.flows.flush()
  const saved = await record.events.save([...stories.values()], { forward: false })
  const events = [...saved].sort((one, other) => (one.firstSeen < other.firstSeen ? -1 : 1))
  const { frames } = source.statistics()
  const { openedFlows, foldedFlows } = sensor.statistics()
  const folded = foldedFlows > 0 ? ` (${foldedFlows} folded into events)` : ''
  const seconds = (performance.now() - startedAt) / 1000
  context.terminal.writeError(
    `${source.name}: ${frames} packets, ${openedFlows} flows${folded}, ${events.length} events in ${seconds.toFixed(1)} s\n`,
  )
  return { events, end }
}

interface ReplayParts {
  readonly record: EventRecord
  readonly models: StoredModels
  readonly context: CommandContext
  readonly flows: FlowBatches
  readonly stories: Map<string, FoldedEvent>
}

function createReplaySensor(name: string, parts: ReplayParts): Sensor {
  const { config } = parts.context
  const policy = policyFromConfig({ ...config.policy, mode: 'alert' })
  const folder = new EventFolder({
    agentId: parts.record.agentId,
    foldSeconds: config.policy.foldSeconds,
    clock: systemClock,
  })
  return createSensor({
    interfaceName: name,
    flow: config.flow,
    detect: config.detect,
    models: parts.models,
    wantsFlows: config.record.flows,
    flowsPerStory: config.record.flowsPerStory,
    onFlow: (flow) => parts.flows.add(flow),
    onDetection: (detection) => {
      const folded = folder.fold(detection, decide(detection, policy), name)
      parts.stories.set(folded.event.id, folded)
    },
    onModelLearned: () => undefined,
  })
}

/** Hands flows to the log in batches, and makes the reader wait while the disk is behind. */
class FlowBatches {
  readonly #record: EventRecord
  #flows: Flow[] = []
  #appended = 0

  constructor(record: EventRecord) {
    this.#record = record
  }

  add(flow: Flow): void {
    this.#flows.push(flow)
    if (this.#flows.length >= FLOWS_PER_APPEND) this.handOver()
  }

  handOver(): void {
    this.#record.flows.append(this.#flows)
    this.#appended += this.#flows.length
    this.#flows = []
  }

  async roomForMore(): Promise<void> {
    // A chunk of 1 MiB ends at most some 60,000 flows; the queue holds three times as many.
    if (this.#appended < 50_000) return
    await this.#record.flows.flush()
    this.#appended = 0
  }
}
