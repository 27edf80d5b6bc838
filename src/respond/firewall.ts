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
  /**
   * Makes chain, sets and jumps exist and hold exactly `entries`. Idempotent; touches nothing that is not
   * ours. Errors: `ERR_FIREWALL_MISSING`, `ERR_FIREWALL_DENIED`, `ERR_FIREWALL_FAILED`; the kernel is then as it was.
   */
  synchronise(entries: readonly FirewallEntry[]): Promise<void>
  /** Adds entries, or renews their timeouts. Errors as above. */
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
