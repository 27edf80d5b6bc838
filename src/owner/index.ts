/** Owner: which process of this host each flow belongs to, from the kernel's trace events and /proc. */
import type { Clock } from '../core/clock.ts'
import type { OwnerConfig } from './config.ts'
import type { MissReason } from './owner.ts'
import type { OwnerSource } from './owner-source.ts'
import { Owners } from './owners.ts'
import { ProcessTable } from './process/process-table.ts'
import { SocketTable } from './sources/socket-table.ts'
import { TraceSource } from './sources/trace.ts'

export type { Owner } from './owner.ts'
export { Owners } from './owners.ts'
export { findTracefs } from './trace/tracefs.ts'

/** Beside trace events the tables of sockets need only tell of what stands long. */
const SLOWER_BESIDE_TRACE = 5

export interface CreateOwnersOptions {
  readonly config: OwnerConfig
  readonly clock: Clock
  /** Told of each batch of flows: how many were found in which way, and missed for which reason. */
  onCounted?(found: ReadonlyMap<string, number>, missed: ReadonlyMap<MissReason, number>): void
}

/** Makes what the configuration asks for and starts it; what does not work says so in its `problem`. */
export async function startOwners(options: CreateOwnersOptions): Promise<Owners> {
  const { config } = options
  const owners = new Owners({ ...options, sources: config.enabled ? sourcesOf(config) : [] })
  await owners.start()
  return owners
}

function sourcesOf(config: OwnerConfig): readonly OwnerSource[] {
  const { sources, maxConnections: capacity, mountTracefs: mayMount, pollIntervalMs } = config
  const processes = new ProcessTable()
  const trace = new TraceSource({ processes, capacity, mayMount })
  const table = new SocketTable({
    ...{ processes, capacity },
    pollMs: () => (trace.problem === null ? pollIntervalMs * SLOWER_BESIDE_TRACE : pollIntervalMs),
  })
  if (sources === 'auto') return [trace, table]
  return sources === 'trace' ? [trace] : [table]
}
