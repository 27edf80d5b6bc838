/** What every way of finding owners has in common: learn one source, know them all. */
import type { ProcessRecord } from './process/process-table.ts'
import type { How } from './owner.ts'

export type SourceName = 'trace' | 'socket-table'

/** One end of a flow, as its socket would have it. Units: µs since the epoch. */
export interface Endpoint {
  /** IP protocol number; TCP or UDP. */
  readonly protocol: number
  /** Canonical text, as everywhere in flows. */
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Whether this host takes what goes to the local address: one of its own, or of many hosts. */
  readonly isHeard: boolean
  /** Whether this end spoke first: a listener never does. */
  readonly isOriginator: boolean
  readonly startUs: number
  readonly endUs: number
}

/** Whom the socket belonged to: a process, or at least a user and a control group. */
export interface Holder {
  readonly process: ProcessRecord | null
  readonly uid: number | null
  readonly unit: string | null
  readonly container: string | null
}

/** A source's answer for one end of a flow. */
export interface Found extends Holder {
  readonly how: How
  /** 0–1, before what the knowledge of the process itself takes off it. */
  readonly confidence: number
  /** When the process was first seen with the socket, µs since the epoch. */
  readonly sinceUs: number
}

/** A way of finding out which process a socket belongs to. */
export interface OwnerSource {
  readonly name: SourceName
  /** Why it does not work now; null while it does. */
  readonly problem: string | null
  /** What it has to do without while it works; null for nothing. */
  readonly lack: string | null
  /** Begins to watch; what hinders it becomes `problem`. */
  start(): Promise<void>
  /** Ends it, and takes back whatever it set up on the host. */
  stop(): Promise<void>
  /** Takes in what has happened up to now. */
  catchUp(): void
  find(endpoint: Endpoint): Found | null
  /** Finds who opened or took in the connection of this Community ID, which may still stand. */
  findById(communityId: string): Found | null
  /** What it counted since its start, by name; what was lost or left out is among it. */
  counters(): Readonly<Record<string, number>>
}
