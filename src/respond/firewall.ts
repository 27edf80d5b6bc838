/** What every firewall backend promises: it enforces a set of entries and nothing else on the host. */
import { formatPortRange, type PortRange } from '../net/port-range.ts'
import type { BlockDirection, BlockProtocol } from '../record/logs/block-log.ts'
import type { RunCommand, StartTool } from './command.ts'

/** One thing to keep out, as the kernel is to hold it. */
export interface FirewallEntry {
  /** Canonical address or CIDR. */
  readonly target: string
  readonly family: 4 | 6
  readonly direction: BlockDirection
  /** Null for all. */
  readonly protocol: BlockProtocol | null
  /** The packets' destination ports; null for all. Never without a protocol. */
  readonly ports: PortRange | null
  /** Seconds until the kernel lifts it by itself; null for good. */
  readonly remainingSeconds: number | null
  /** No block in force has it yet: what the kernel may still count of an earlier one is not its own. */
  readonly isNew?: boolean
}

/** An entry that the kernel holds, with what it kept out since it was put there. */
export interface HeldEntry extends FirewallEntry {
  readonly packets: number
  readonly bytes: number
}

/** Says which entry it is, whatever time it has left; equal for equal entries alone. */
export function entryKey({ target, direction, protocol, ports }: FirewallEntry): string {
  const only = ports === null ? '' : formatPortRange(ports)
  return `${target} ${direction} ${protocol ?? ''} ${only}`
}

export interface AddOptions {
  readonly mayStopHalfway?: boolean
}

export interface FirewallOptions {
  readonly run: RunCommand
  /** For what goes on by itself; absent where nothing is to be watched. */
  readonly start?: StartTool
  /** The most entries of either family and each kind; absent for as many as the kernel takes. */
  readonly maxEntries?: number
  readonly killSockets?: boolean
}

/** What is heard of until it is closed. */
export interface RuleWatch {
  close(): void
}

export interface Firewall {
  /** `iptables`, `iptables-plain`, `nftables`, `dry-run`: what is in use. */
  readonly name: string
  /** The most entries it can hold at all; null where nothing but `respond.maxActiveBlocks` bounds them. */
  readonly capacity: number | null
  /** Why IPv6 targets can't be enforced on this host, as last seen; null when they can. */
  readonly ipv6Problem: string | null
  /**
   * Makes chain, sets and jumps exist and hold exactly `entries`. Idempotent; touches nothing that is not ours.
   *
   * IPv6 entries are left out where `ipv6Problem` says so.
   * Errors: `ERR_FIREWALL_MISSING`, `ERR_FIREWALL_DENIED`, `ERR_FIREWALL_FAILED`; what was blocked stays so.
   */
  synchronise(entries: readonly FirewallEntry[]): Promise<void>
  /**
   * Adds entries, or renews their timeouts; connections they cover are cut right after.
   *
   * Errors: as above, and for IPv6 where `ipv6Problem` says so; all or none of the entries is in force then, unless
   * `mayStopHalfway` says that whoever asks puts everything right after a failure. To be able to take back costs a
   * look at all that is held.
   */
  add(entries: readonly FirewallEntry[], how?: AddOptions): Promise<void>
  /** Removes entries; those not there are no error. Errors as above. */
  remove(entries: readonly FirewallEntry[]): Promise<void>
  /** What the kernel holds now. Errors as above. */
  list(): Promise<readonly HeldEntry[]>
  /**
   * Says whether chain, sets and jumps stand as they should; those alone that these entries need, where some are given
   * and the others cost a look of their own.
   */
  isIntact(entries?: readonly FirewallEntry[]): Promise<boolean>
  /** Removes every trace of ours. */
  teardown(): Promise<void>
  /** Has a process stand ready for the next change, until `close`; absent where that spares nothing. */
  standBy?(): void
  /** Resolves when nothing of it is under way. */
  close?(): Promise<void>
  /** Calls back soon after rules were changed, by whomever, where the kernel tells; absent where it never does. */
  watch?(changed: () => void): RuleWatch | null
}
