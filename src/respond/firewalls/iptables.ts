/** Enforces blocks with iptables and ipset: one chain and one set a family, nothing else on the host. */
import { PicketError } from '../../core/errors.ts'
import type { RunCommand } from '../command.ts'
import type { Firewall, FirewallEntry } from '../firewall.ts'
import {
  addToSet,
  destroySet,
  listSet,
  removeFromSet,
  synchroniseSet,
  type AddressSet,
} from './ipset.ts'
import { rulesStand, rulesToRemove, rulesToRestore } from './packet-rules.ts'

/** Seconds to wait for the lock that all users of iptables share. */
const LOCK_WAIT = ['-w', '10'] as const
const CONNTRACK_TIMEOUT_MS = 2000
/** Above it only the rules cut connections: two processes a target are too many then. */
const MAX_CONNTRACK_TARGETS = 16

interface Side {
  readonly set: AddressSet
  readonly iptables: 'iptables' | 'ip6tables'
}

/** Opens the firewall; nothing is run until it is used. */
export function createIptablesFirewall(options: {
  readonly run: RunCommand
  /** The most entries of either family. */
  readonly maxEntries: number
}): Firewall {
  return new IptablesFirewall(options.run, options.maxEntries)
}

class IptablesFirewall implements Firewall {
  readonly name = 'iptables'
  readonly #run: RunCommand
  readonly #side4: Side
  readonly #side6: Side
  #ipv6Problem: string | null = null

  constructor(run: RunCommand, maxEntries: number) {
    this.#run = run
    this.#side4 = { set: { name: 'picket4', family: 4, maxEntries }, iptables: 'iptables' }
    this.#side6 = { set: { name: 'picket6', family: 6, maxEntries }, iptables: 'ip6tables' }
  }

  get ipv6Problem(): string | null {
    return this.#ipv6Problem
  }

  async synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    for (const { side, listing } of await this.#listings()) {
      const { set } = side
      await synchroniseSet(this.#run, set, ofFamily(entries, set.family))
      if (rulesStand(listing, set.name)) continue
      await this.#restore(side, rulesToRestore(listing, set.name))
    }
  }

  async add(entries: readonly FirewallEntry[]): Promise<void> {
    this.#refuseUnenforceable(entries)
    for (const { set } of this.#sides()) {
      await addToSet(this.#run, set, ofFamily(entries, set.family))
    }
    await this.#forgetConnections(entries)
  }

  async remove(entries: readonly FirewallEntry[]): Promise<void> {
    for (const { set } of this.#sides()) {
      await removeFromSet(this.#run, set, ofFamily(entries, set.family))
    }
  }

  async list(): Promise<readonly FirewallEntry[]> {
    const held = await Promise.all(this.#sides().map(({ set }) => listSet(this.#run, set)))
    return held.flat()
  }

  async isIntact(): Promise<boolean> {
    const listings = await this.#listings()
    // Rules that stand prove the sets: the kernel does not let go of a set a rule refers to.
    return listings.every(({ side, listing }) => rulesStand(listing, side.set.name))
  }

  async teardown(): Promise<void> {
    const faults: unknown[] = []
    for (const { side, listing } of await this.#listings()) {
      try {
        const removal = rulesToRemove(listing)
        if (removal !== null) await this.#restore(side, removal)
        await destroySet(this.#run, side.set)
      } catch (error) {
        faults.push(error)
      }
    }
    if (faults.length > 0) throw faults[0]
  }

  /** What stands in the filter table of each family that the kernel has. */
  async #listings(): Promise<readonly { side: Side; listing: string }[]> {
    const four = { side: this.#side4, listing: await this.#listRules(this.#side4) }
    try {
      const six = { side: this.#side6, listing: await this.#listRules(this.#side6) }
      this.#ipv6Problem = null
      return [four, six]
    } catch (error) {
      // IPv4 stands, so rights and tools are there: this kernel, or its filter, has no IPv6.
      if (!(error instanceof PicketError) || isLockWait(error)) throw error
      this.#ipv6Problem = error.message
      return [four]
    }
  }

  #sides(): readonly Side[] {
    return this.#ipv6Problem === null ? [this.#side4, this.#side6] : [this.#side4]
  }

  #listRules(side: Side): Promise<string> {
    return this.#run(side.iptables, [...LOCK_WAIT, '-S'])
  }

  async #restore(side: Side, script: string): Promise<void> {
    await this.#run(`${side.iptables}-restore`, ['--noflush', ...LOCK_WAIT], { input: script })
  }

  #refuseUnenforceable(entries: readonly FirewallEntry[]): void {
    const refused = this.#ipv6Problem === null ? undefined : ofFamily(entries, 6)[0]
    if (refused === undefined) return
    throw new PicketError(
      'ERR_FIREWALL_FAILED',
      `${refused.target} can't be blocked: no IPv6 packet filter on this host (${this.#ipv6Problem})`,
      { hint: 'IPv4 targets are blocked as usual' },
    )
  }

  /**
   * Lets the kernel forget the targets' connections, where conntrack is installed.
   *
   * The rules cut them already, except those that a flow table carries past the rules.
   */
  async #forgetConnections(entries: readonly FirewallEntry[]): Promise<void> {
    if (entries.length > MAX_CONNTRACK_TARGETS) return
    const calls = entries.flatMap(({ target, family }) =>
      ['-s', '-d'].map((side) => ['-D', '-f', family === 4 ? 'ipv4' : 'ipv6', side, target]),
    )
    // It ends with 1 when there was no connection, and may not be installed: neither is a failure.
    await Promise.allSettled(
      calls.map((args) => this.#run('conntrack', args, { timeoutMs: CONNTRACK_TIMEOUT_MS })),
    )
  }
}

function ofFamily(entries: readonly FirewallEntry[], family: 4 | 6): readonly FirewallEntry[] {
  return entries.filter((entry) => entry.family === family)
}

function isLockWait(error: PicketError): boolean {
  return /xtables lock|did not end within/.test(error.message)
}
