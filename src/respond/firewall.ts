/** What every firewall backend promises: it enforces a set of targets and nothing else on the host. */

/** One thing to keep out, as the kernel is to hold it. */
export interface FirewallEntry {
  /** Canonical address or CIDR. */
  readonly target: string
  readonly family: 4 | 6
  /** Seconds until the kernel lifts it by itself; null for good. */
  readonly remainingSeconds: number | null
}

export interface Firewall {
  /** `iptables`, `dry-run`. */
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
  /** Adds entries, or renews their timeouts. Errors as above, and for IPv6 where `ipv6Problem` says so. */
  add(entries: readonly FirewallEntry[]): Promise<void>
  /** Removes entries; those not there are no error. Errors as above. */
  remove(entries: readonly FirewallEntry[]): Promise<void>
  /** What the kernel holds now. Errors as above. */
  list(): Promise<readonly FirewallEntry[]>
  /** Says whether chain, sets and jumps stand as they should. */
  isIntact(): Promise<boolean>
  /** Removes every trace of ours. */
  teardown(): Promise<void>
}
