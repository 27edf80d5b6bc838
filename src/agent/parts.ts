/** The agent's parts, each made from what all are handed; `agent.ts` says in which order they start and stop. */
import { feedAuditor, type Audit } from './audit.ts'
import type { Config } from '../config/index.ts'
import { systemClock as clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import type { Pulse } from '../core/process/pulse.ts'
import type { Metrics } from '../core/log/metrics.ts'
import { VERSION } from '../core/files/package-root.ts'
import { BlockBreaker, policyFromConfig } from '../decide/index.ts'
import { Feeds } from '../detect/intel/index.ts'
import type { Detection } from '../detect/index.ts'
import { DetectionIntake } from './tellings/detection-intake.ts'
import { createForwarders, sinkHosts, type AgentFacts, type Forwarders } from '../forward/index.ts'
import { busHosts } from '../fleet/config.ts'
import { HostWatch, WHOLE_HOST } from '../health/index.ts'
import { EventFolder, IncidentBook } from '../record/index.ts'
import type { EventRecord } from '../record/record.ts'
import {
  createBlocker,
  createFirewall,
  createGuardFacts,
  type GuardSources,
  neededIn,
  formerFirewalls,
  PanicSwitch,
  type Blocker,
} from '../respond/index.ts'
import type { SelfTest } from '../selftest/index.ts'
import type { ResponseTellings } from './tellings/response-tellings.ts'
import type { SupervisedSensor } from '../sensor/supervisor.ts'
import type { Suppressor } from './tellings/suppressor.ts'

/** As many as are carried over a restart. */
const MAX_INCIDENTS = 1000

/** What every part is handed. */
export interface Ground {
  readonly config: Config
  /** The data folder. */
  readonly directory: string
  readonly log: Log
  readonly record: EventRecord
  readonly metrics: Metrics
  /** Beats when events have been recorded. */
  readonly recorded: Pulse
}

/** Makes the blocker over the configured firewall; those that were configured before are emptied by it. */
export function createAgentBlocker(
  { config, directory, record, log }: Ground,
  onRepaired: (repaired: readonly string[]) => void,
): Blocker {
  return createBlocker({
    firewall: createFirewall(config.respond),
    former: formerFirewalls(config.respond),
    blocks: record.blocks,
    guardFacts: createGuardFacts(guardSources(config)),
    allowedNow: () => record.allowlist.inForce(clock.nowMs()),
    clock,
    log,
    config: config.respond,
    automatic: config.policy,
    panic: new PanicSwitch(directory),
    onRepaired,
  })
}

const guardSources = (config: Config): GuardSources => ({
  config: config.respond,
  allowlist: config.policy.allowlist,
  sinkHosts: [...config.forward.sinks.flatMap(sinkHosts), ...busHosts(config.fleet)],
})

/** What was dropped or left undone, as heartbeats tell it: its name there, and its counter in `/metrics`. */
const TOLD_COUNTERS = {
  kernelDrops: 'kernel_drops_total',
  droppedFlows: 'flows_dropped_total',
  evictedFlows: 'flows_evicted_total',
  forgotten: 'detector_entries_forgotten_total',
  shed: 'shed_total',
}

/** Makes the forwarders; each heartbeat is given the facts of its moment. */
export function createAgentForwarders(
  { config, record, log, metrics }: Ground,
  startedAtMs: number,
  tell: (detection: Detection, place: string) => void,
): Forwarders {
  const facts = async (): Promise<AgentFacts> => {
    const totals = Object.entries(TOLD_COUNTERS).map(
      async ([name, counter]) => [name, await metrics.total(counter)] as const,
    )
    return {
      version: VERSION,
      uptimeSeconds: Math.round((clock.nowMs() - startedAtMs) / 1000),
      auditHead: record.audit.head(),
      counters: {
        ...Object.fromEntries(await Promise.all(totals)),
        unwrittenFlows: record.flows.dropped(),
      },
    }
  }
  return createForwarders({
    ...{ config: config.forward, record, log, clock, version: VERSION, metrics, facts, tell },
  })
}

/** What detections lead to. */
interface IntakeParts {
  readonly suppressor: Suppressor
  readonly blocker: Blocker
  readonly forwarders: Forwarders
  readonly tellings: ResponseTellings
  readonly selfTest: SelfTest
}

/** Makes the way of detections in: its stories and incidents go on from what the log holds. */
export function createIntake(
  ground: Ground,
  { suppressor, blocker, forwarders, tellings, selfTest }: IntakeParts,
): DetectionIntake {
  const { config, record, metrics, log } = ground
  const { foldSeconds, maxBlocksPerMinute, breakerSeconds } = config.policy
  const openSinceUs = (clock.nowMs() - foldSeconds * 1000) * 1000
  const openStories = record.events.storiesSince(openSinceUs)
  const incidents = openIncidents(record, config.policy.incidentQuietHours * 3600)
  return new DetectionIntake({
    policy: policyFromConfig(config.policy),
    breaker: new BlockBreaker({
      maxPerMinute: maxBlocksPerMinute,
      openMs: breakerSeconds * 1000,
      clock,
      onOpen: (untilMs) => tellings.breakerOpened(maxBlocksPerMinute, untilMs),
    }),
    folder: new EventFolder({
      agentId: record.agentId,
      foldSeconds,
      clock,
      openStories,
      incidents,
    }),
    isHidden: (detection) => suppressor.hides(detection),
    events: record.events,
    evidence: record.evidence,
    maxPacketsPerEvent: config.evidence.maxPacketsPerEvent,
    clock,
    log,
    prepareOrder: () => blocker.prepare(),
    async order(orders, record) {
      const told = orders.map(({ detector, ...order }) => {
        const by = { source: 'policy', orderedBy: detector, actor: `policy:${detector}` } as const
        return { ...order, ...by, callerAddress: null }
      })
      const ordered = await blocker.orderAll(told, record)
      return ordered.map((one) => (one.kind === 'refused' ? one.error : null))
    },
    onRecorded(events) {
      for (const { family } of events) {
        metrics.count('events_total', 'Event states recorded', 1, { family })
      }
      forwarders.wake()
      selfTest.sawRecorded(events)
      ground.recorded.beat()
    },
  })
}

/** Goes on with the incidents that were open when the agent last ran. */
function openIncidents(record: EventRecord, quietSeconds: number): IncidentBook {
  const fromUs = (clock.nowMs() - quietSeconds * 1000) * 1000
  const open = record.triage.openIncidents(fromUs, MAX_INCIDENTS)
  return new IncidentBook(quietSeconds, open.toReversed())
}

/** Starts the feeds; sensors look their indicators up, less what this host is or needs. */
export async function startFeeds(
  { config, ...ground }: Ground,
  sensors: readonly SupervisedSensor[],
  audit: Audit,
): Promise<Feeds> {
  const auditFeeds = feedAuditor(audit)
  const allowedNow = () => ground.record.allowlist.inForce(clock.nowMs())
  const guardFacts = createGuardFacts({ ...guardSources(config), allowedNow })
  const feeds = new Feeds({
    ...{ ...ground, config: config.detect.intel, clock },
    async sparing() {
      const facts = await guardFacts()
      return (range) => neededIn(range, facts)
    },
    onTables(tables) {
      auditFeeds(feeds.list())
      for (const sensor of sensors) sensor.useIndicators(tables)
    },
  })
  await feeds.learnSpared()
  feeds.read()
  auditFeeds(feeds.list())
  feeds.start()
  return feeds
}

/** Starts the watch of the host's means, which come in like any detection. */
export function startHostWatch(
  { config, directory, log, metrics }: Ground,
  intake: DetectionIntake,
  sensors: readonly SupervisedSensor[],
): HostWatch {
  return new HostWatch({
    ...{ config: config.health, directory, clock, log, metrics },
    sensors: () => sensors,
    onDetection: (detection) => intake.receive([detection], WHOLE_HOST),
  })
}
