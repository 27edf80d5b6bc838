/** The blocks as recorded: the truth that the firewall is made equal to. */
import type { Cidr } from '../../net/cidr.ts'
import type { PortRange } from '../../net/port-range.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { Page } from './event-log.ts'

export type { AuditEntry } from './audit-trail.ts'

export const BLOCK_STATES = ['pending', 'active', 'failed', 'expired', 'lifted'] as const
export type BlockState = (typeof BLOCK_STATES)[number]

export const BLOCK_DIRECTIONS = ['both', 'in', 'out'] as const
export type BlockDirection = (typeof BLOCK_DIRECTIONS)[number]

/** `icmp` is ICMPv6 where the target is IPv6. */
export const BLOCK_PROTOCOLS = ['tcp', 'udp', 'sctp', 'icmp'] as const
export type BlockProtocol = (typeof BLOCK_PROTOCOLS)[number]

/** Which of the packets to and from a target are kept out. */
export interface BlockScope {
  /** `in`: packets that come from the target; `out`: packets that go to it. */
  readonly direction: BlockDirection
  /** Null for all. */
  readonly protocol: BlockProtocol | null
  /**
   * Destination ports: this host's for what comes in, the target's for what goes out; empty for all. Ascending,
   * no two of them touch.
   */
  readonly ports: readonly PortRange[]
}

export const BLOCK_SOURCES = ['api', 'cli', 'policy', 'feed', 'fleet'] as const

/** Times in ms since the epoch. */
export interface Block extends BlockScope {
  readonly id: string
  /** Canonical address or CIDR. */
  readonly target: string
  readonly state: BlockState
  readonly createdAtMs: number
  /** Null for good. */
  readonly expiresAtMs: number | null
  readonly liftedAtMs: number | null
  /** As the audit trail names them; null while it stands, and for those lifted by an older Picket. */
  readonly liftedBy: string | null
  readonly reason: string | null
  readonly source: (typeof BLOCK_SOURCES)[number]
  /** Token id, local user or detector. */
  readonly orderedBy: string | null
  readonly eventId: string | null
  readonly failure: string | null
  /** When the firewall was last seen to hold it; null when it never was. */
  readonly verifiedAtMs: number | null
  /** What it kept out, as last counted. */
  readonly stoppedPackets: number
  readonly stoppedBytes: number
}

export interface BlockQuery {
  /** Without it: pending, active and failed. */
  readonly state?: BlockState | undefined
  /** Target equal to, holding, or inside this range. */
  readonly target?: Cidr | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What happened to a target before. */
export interface BlockHistory {
  /** Blocks ordered without a person since the time asked for, those that stand included. */
  readonly automaticBlocks: number
  /** When a block that touches the target was last lifted, ms; null when none was since the time asked for. */
  readonly lastLiftMs: number | null
}

export interface BlockChange {
  readonly block: Block
  readonly audit: AuditEntry
}

export interface BlockLog {
  /** Inserts or replaces by id, each with its audit row, all or none. Errors: `ERR_RECORD_WRITE`. */
  save(changes: readonly BlockChange[]): Promise<void>
  get(id: string): Block | null
  /** Every block that is pending, active or failed. */
  standing(): readonly Block[]
  /** What is known of the target, and of ranges that hold it or lie in it, since a time in ms. */
  history(target: Cidr, sinceMs: number): BlockHistory
  /** Newest first. Errors: `ERR_API_REQUEST` for a cursor that is not ours. */
  list(query: BlockQuery): Page<Block>
}
