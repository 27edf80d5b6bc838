/** What every firewall backend promises: it enforces a set of entries and nothing else on the host. */
import type { BlockDirection, BlockProtocol } from '../record/block-log.ts'

/** One thing to keep out, as the kernel is to hold it. */
export interface FirewallEntry {
  /** Canonical address or CIDR. */
  readonly target: string
  readonly family: 4 | 6
  readonly direction: BlockDirection
  /** Null for all. */
  readonly protocol: BlockProtocol | null
  /** The packets' destination port; null for all. Never without a protocol. */
  readonly port: number | null
  /** Seconds until the kernel lifts it by itself; null for good. */
  readonly remainingSeconds: number | null
}

/** An entry that the kernel holds, with what it kept out since it was put there. */
export interface HeldEntry extends FirewallEntry {
  readonly packets: number
  readonly bytes: number
}

/** Says which entry it is, whatever time it has left; equal for equal entries alone. */
export function entryKey({ target, direction, protocol, port }: FirewallEntry): string {
  return `${target} ${direction} ${protocol ?? ''} ${port ?? ''}`
}

export interface Firewall {
  /** `iptables`, `nftables`, `dry-run`. */
  readonly name: string
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
   * Adds entries, or renews their timeouts, and cuts connections they cover.
   *
   * Errors: as above, and for IPv6 where `ipv6Problem` says so.
   */
  add(entries: readonly FirewallEntry[]): Promise<void>
  /** Removes entries; those not there are no error. Errors as above. */
  remove(entries: readonly FirewallEntry[]): Promise<void>
  /** What the kernel holds now. Errors as above. */
  list(): Promise<readonly HeldEntry[]>
  /** Says whether chain, sets and jumps stand as they should. */
  isIntact(): Promise<boolean>
  /** Removes every trace of ours. */
  teardown(): Promise<void>
}
