/** A sensor as a process of its own: it reads packets and holds no token, database or firewall. */
import { randomInt } from 'node:crypto'
import { leaveRoot, openLiveSource } from '../capture/index.ts'
import type { CaptureEnd, CaptureSource, FrameListener } from '../capture/source.ts'
import { inlineLess } from '../core/process/v8-flags.ts'
import { PicketError } from '../core/errors.ts'
import type { Detection } from '../detect/index.ts'
import type { EndReason, LiveFlow } from '../flow/flow.ts'
import { FlowBatchWriter, type FlowScores } from '../flow/batch/index.ts'
import { flowsWithin } from '../pressure/index.ts'
import { provokeDetection } from '../selftest/index.ts'
import { LoadWatch } from './load.ts'
import type { FromSensor, SensorAssignment, SensorReport, ToSensor } from './messages.ts'
import { createSensor, type FlowKeeper, type Sensor } from './sensor.ts'

const FLOWS_PER_BATCH = 2_000
const HAND_OVER_MS = 100
/** Detections that come sooner than this behind others wait for it, and go together. */
const TELL_MS = 5
const REPORT_MS = 1_000
/** Batches the agent has not taken yet; beyond it flows (never detections) are dropped and counted. */
const MAX_BATCHES_UNDER_WAY = 32
/** Of the stages that meet a self-test's attack, one a port. */
const ATTACK_FLOWS = 32_768

let source: CaptureSource | undefined
let running: Sensor | undefined
/** Sends the crafted attack of a self-test through; null as long as nothing runs. */
let selfTest: ((id: string) => void) | null = null
/** Why the capture was ended from within; null as long as it was not. */
let ownReason: string | null = null

inlineLess()
process.on('message', (message: ToSensor) => {
  switch (message.kind) {
    case 'start':
      return void runSensor(message.assignment)
    case 'indicators':
      return running?.useIndicators(message.tables)
    case 'rules':
      return running?.useRules(message.rules, message.disabled)
    case 'self-test':
      return selfTest?.(message.id)
    case 'stop':
      return source?.stop()
  }
})
// The agent decides when to stop: a terminal's Ctrl-C reaches the whole process group.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('SIGTERM', () => source?.stop())
process.on('disconnect', () => {
  // The agent is gone, perhaps killed: tcpdump must not outlive us.
  source?.stop()
  setTimeout(() => process.exit(0), 500).unref()
})

async function runSensor(assignment: SensorAssignment): Promise<void> {
  const channel = new Channel(assignment.interfaceName)
  const { flow, sensor: config } = assignment
  const started = createSensor({
    ...assignment,
    flow: { ...flow, maxFlows: flowsWithin(config, flow.maxFlows) },
    flows: assignment.wantsFlows ? channel : null,
    seed: randomInt(0x7fffffff),
    onDetection: (detection) => channel.detection(detection),
    onModelLearned: (model) => channel.say({ kind: 'learned', model }),
    onSample: (sample) => channel.say({ kind: 'sampled', sample }),
  })
  running = started
  selfTest = (id) => meetAttack(id, assignment, channel)
  const load = new LoadWatch({
    ...{ config, sensor: started },
    kernelDrops: () => source?.statistics().kernelDrops ?? null,
    onOutOfBounds(reason) {
      ownReason = reason
      source?.stop()
    },
  })
  const report = () => reportOf(started, channel, load)
  const timers = startTimers(started, channel, report)
  const end = await capture(assignment, channel, (frame) => {
    started.frame(frame)
    load.frame(frame)
  })
  for (const timer of timers) clearInterval(timer)
  load.stop()
  started.end()
  channel.handOver({ evenOverLimit: true })
  channel.say({ kind: 'report', report: report() })
  channel.say({ kind: 'ended', ...end }, () => process.disconnect())
}

/** With the detectors in force; models have nothing to say of a single scan. */
function meetAttack(id: string, assignment: SensorAssignment, channel: Channel): void {
  const detection = provokeDetection(
    id,
    assignment.detect,
    (onDetection) =>
      createSensor({
        ...{ flow: { ...assignment.flow, maxFlows: ATTACK_FLOWS } },
        ...{ detect: assignment.detect, onDetection },
        ...{ models: { isolationForest: null, randomForest: null }, flowsPerStory: null },
        ...{ flows: null, onModelLearned: () => undefined },
      }),
    Date.now() * 1000,
  )
  if (detection !== null) channel.detection(detection)
  channel.say({ kind: 'self-tested', id, detected: detection?.kind ?? null })
}

async function capture(
  assignment: SensorAssignment,
  channel: Channel,
  onFrame: FrameListener,
): Promise<{ reason: string | null; hint: string | null }> {
  try {
    const opened = openLiveSource({
      interface: assignment.interfaceName,
      config: assignment.capture,
      onListening() {
        // Nothing but packets comes from here on, and those may be anybody's.
        const whyRoot = leaveRoot(assignment.capture.tcpdumpUser)
        channel.say({ kind: 'running', source: opened.name, whyRoot })
      },
    })
    source = opened
    const end = await opened.run(onFrame)
    return { reason: reasonOf(end), hint: null }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    return { reason: error.message, hint: error.hint ?? null }
  }
}

function reasonOf(end: CaptureEnd): string | null {
  switch (end.kind) {
    case 'complete':
      return 'the capture ended'
    case 'stopped':
      return ownReason
    case 'damaged':
    case 'failed':
      return end.reason
  }
}

function startTimers(
  sensor: Sensor,
  channel: Channel,
  report: () => SensorReport,
): NodeJS.Timeout[] {
  return [
    setInterval(() => channel.handOver(), HAND_OVER_MS),
    setInterval(() => {
      sensor.idle(Date.now() * 1000)
      channel.say({ kind: 'report', report: report() })
    }, REPORT_MS),
  ]
}

function reportOf(sensor: Sensor, channel: Channel, load: LoadWatch): SensorReport {
  const { frames, kernelDrops } = source?.statistics() ?? { frames: 0, kernelDrops: null }
  const { droppedFlows } = channel
  return { ...sensor.statistics(), frames, kernelDrops, droppedFlows, load: load.report() }
}

/** Gathers flows and detections into batches and hands them to the agent. */
class Channel implements FlowKeeper {
  droppedFlows = 0
  readonly #flows: FlowBatchWriter
  #detections: Detection[] = []
  #toldAtMs = -Infinity
  #underWay = 0

  constructor(interfaceName: string) {
    this.#flows = new FlowBatchWriter(interfaceName, FLOWS_PER_BATCH)
  }

  add(flow: LiveFlow, reason: EndReason, scores: FlowScores): void {
    this.#flows.add(flow, reason, scores)
    if (this.#flows.isFull) this.handOver()
  }

  /** Told at once, not with the next flows: a block that follows comes that much sooner. */
  detection(detection: Detection): void {
    if (this.#detections.push(detection) > 1) return
    // The first goes once the frames that came with it are through.
    if (performance.now() - this.#toldAtMs >= TELL_MS) setImmediate(() => this.#tell())
    else setTimeout(() => this.#tell(), TELL_MS)
  }

  #tell(): void {
    const detections = this.#detections.splice(0)
    if (detections.length === 0) return
    this.#toldAtMs = performance.now()
    this.#underWay += 1
    this.say({ kind: 'batch', flows: null, detections }, () => (this.#underWay -= 1))
  }

  handOver(options: { readonly evenOverLimit?: boolean } = {}): void {
    if (this.#flows.length === 0 && this.#detections.length === 0) return
    const isBusy = this.#underWay >= MAX_BATCHES_UNDER_WAY && !options.evenOverLimit
    if (isBusy && this.#detections.length === 0 && !this.#flows.isFull) return
    const flows = this.#flows.take()
    if (isBusy) this.droppedFlows += flows?.length ?? 0
    const kept = isBusy ? null : (flows?.bytes ?? null)
    const detections = this.#detections
    this.#detections = []
    if (kept === null && detections.length === 0) return
    this.#underWay += 1
    this.say({ kind: 'batch', flows: kept, detections }, () => (this.#underWay -= 1))
  }

  say(message: FromSensor, done: () => void = () => undefined): void {
    // The agent may be gone; `disconnect` then ends this process.
    if (process.connected) process.send!(message, undefined, undefined, done)
  }
}
