/** Turns a sensor's reports into the counters and gauges of `/metrics`. */
import type { Metrics } from '../core/log/metrics.ts'
import { SHED_LEVELS, type Skipped } from '../pressure/index.ts'
import type { SensorReport } from './messages.ts'

const COUNTERS = {
  frames: ['frames_total', 'Frames captured'],
  kernelDrops: ['kernel_drops_total', 'Frames dropped by the kernel before capture'],
  openedFlows: ['flows_opened_total', 'Flows begun'],
  foldedFlows: ['flows_folded_total', 'Fruitless flows that an event accounts for'],
  evictedFlows: ['flows_evicted_total', 'Flows that left the full table early'],
  refusedFacts: [
    'facts_refused_total',
    'Flows, texts and messages beyond the bounds of fact reading',
  ],
  droppedFlows: ['flows_dropped_total', 'Finished flows not handed to the agent'],
  forgotten: [
    'detector_entries_forgotten_total',
    'Entries detectors forgot because a table was full',
  ],
} as const satisfies Partial<Record<keyof SensorReport, readonly [string, string]>>

const FRAGMENTS = {
  overlapping: ['fragments_overlapping_total', 'Fragments that overlap others and are no copies'],
  tiny: ['fragments_tiny_total', 'Fragments that cut TCP smaller than any path does'],
  withoutPorts: ['fragments_without_ports_total', 'Later fragments not preceded by their first'],
  forgotten: ['fragments_forgotten_total', 'Fragmented packets forgotten unfinished'],
} as const
const SKIPPED_HELP = 'What was left undone under pressure'

/** Adds what has happened since the report before; a restarted sensor counts from nothing again. */
export function countSensorReport(
  metrics: Metrics,
  interfaceName: string,
  report: SensorReport,
  before: SensorReport | null,
): void {
  const labels = { interface: interfaceName }
  for (const [field, [name, help]] of Object.entries(COUNTERS)) {
    const key = field as keyof typeof COUNTERS
    metrics.count(name, help, Math.max(0, (report[key] ?? 0) - (before?.[key] ?? 0)), labels)
  }
  for (const [reason, count] of Object.entries(report.malformed)) {
    const gained = count - (before?.malformed[reason] ?? 0)
    // `none` counts the frames that were read.
    if (gained > 0 && reason !== 'none') {
      metrics.count('malformed_total', 'Frames that could not be read', gained, {
        ...labels,
        reason,
      })
    }
  }
  for (const [fate, [name, help]] of Object.entries(FRAGMENTS)) {
    const key = fate as keyof typeof FRAGMENTS
    const gained = report.fragments[key] - (before?.fragments[key] ?? 0)
    metrics.count(name, help, Math.max(0, gained), labels)
  }
  for (const [what, count] of Object.entries(report.skipped)) {
    const gained = count - (before?.skipped[what as keyof Skipped] ?? 0)
    metrics.count('shed_total', SKIPPED_HELP, Math.max(0, gained), { ...labels, what })
  }
  const level = SHED_LEVELS.indexOf(report.load.level)
  metrics.gauge('shed_level', 'How much is left undone, 0 (nothing) to 5', level, labels)
  metrics.gauge('live_flows', 'Flows in the table', report.liveFlows, labels)
  metrics.gauge('max_flows', 'Flows that the table may hold', report.maxFlows, labels)
}
