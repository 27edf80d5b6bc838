/** What the search for processes tells the rest of the agent: programs of events, metrics and health. */
import type { components } from '../../openapi/contract.d.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { Detection } from '../detect/detection.ts'
import type { OwnerConfig } from '../owner/config.ts'
import { startOwners, type Owners } from '../owner/index.ts'

/** Adds to each detection the program of this host that its flows belong to, where that is sure. */
export function withPrograms(detections: readonly Detection[], owners: Owners): Detection[] {
  return detections.map((detection) => {
    const program = owners.programOf(detection.flows)
    return program === null ? detection : { ...detection, process: program }
  })
}

/** Starts the search, counts what it finds and misses as metrics, and says in the log what works. */
export async function startReportingOwners(ground: {
  readonly config: { readonly owner: OwnerConfig }
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
}): Promise<Owners> {
  const { config, clock, metrics, log } = ground
  const owners = await startOwners({
    ...{ config: config.owner, clock },
    onCounted(byHow, byReason) {
      const found = 'Flows whose process was found, by how'
      for (const [how, count] of byHow) metrics.count('flows_owned_total', found, count, { how })
      const missed = 'Flows whose process was not found, by the reason'
      for (const [reason, count] of byReason) {
        metrics.count('flows_unowned_total', missed, count, { reason })
      }
    },
  })
  for (const { name: way, problem, lack } of owners.sources) {
    if (problem === null) log.info('processes are found', lack === null ? { way } : { way, lack })
    else log.warn('processes are not found by this way', { way, problem })
  }
  return owners
}

/** Renews the gauges of the sources and what they count. */
export function gaugeOwners(metrics: Metrics, owners: Owners): void {
  for (const source of owners.sources) {
    const inForce = 'Whether this way of finding processes works'
    const isInForce = source.problem === null ? 1 : 0
    metrics.gauge('owner_source_in_force', inForce, isInForce, { source: source.name })
    for (const [counter, value] of Object.entries(source.counters())) {
      const labels = { source: source.name, counter }
      metrics.gauge('owner_source_counter', 'What the way counts of itself', value, labels)
    }
  }
}

/** Says how the search for processes does. */
export function ownerHealth(owners: Owners): components['schemas']['OwnerHealth'] {
  return {
    enabled: owners.sources.length > 0,
    sources: owners.sources.map((source) => ({
      name: source.name,
      inForce: source.problem === null,
      problem: source.problem ?? source.lack,
      counters: source.counters(),
    })),
    attributed: owners.attributed,
    missed: owners.missed,
  }
}

/** It is a fault only when it was asked for and no way works at all. */
export function ownerProblem({ sources }: Owners): string[] {
  if (sources.length === 0 || sources.some(({ problem }) => problem === null)) return []
  return [`processes are not found: ${sources.map(({ problem }) => problem).join('; ')}`]
}
