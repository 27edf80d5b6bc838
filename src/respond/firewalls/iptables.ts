/** Enforces blocks with iptables and ipset: one chain a family, one set a kind, nothing else on the host. */
import { PicketError } from '../../core/errors.ts'
import type { RunCommand } from '../command.ts'
import type { Firewall, FirewallEntry, HeldEntry } from '../firewall.ts'
import { cutConnections } from './connections.ts'
import { byKind, kindsOf, kindOfSuffix, suffixOf } from './entry-kind.ts'
import {
  addLine,
  createLine,
  ownSets,
  readSet,
  removeLine,
  restore,
  setOf,
  synchroniseSet,
  type AddressSet,
} from './ipset.ts'
import { rulesStand, rulesToRemove, rulesToRestore, setRules } from './packet-rules.ts'

/** Seconds to wait for the lock that all users of iptables share. */
const LOCK_WAIT = ['-w', '10'] as const

export interface FirewallOptions {
  readonly run: RunCommand
  /** The most entries of either family and each kind. */
  readonly maxEntries: number
  readonly killSockets?: boolean
}

/** Opens the firewall; nothing is run until it is used. */
export function createIptablesFirewall(options: FirewallOptions): Firewall {
  return new IptablesFirewall(options)
}

interface Side {
  readonly family: 4 | 6
  readonly iptables: 'iptables' | 'ip6tables'
  /** Those that the chain looks into, in its order. */
  sets: readonly AddressSet[]
}

class IptablesFirewall implements Firewall {
  readonly name = 'iptables'
  readonly #options: FirewallOptions
  readonly #run: RunCommand
  readonly #side4: Side
  readonly #side6: Side
  #ipv6Problem: string | null = null

  constructor(options: FirewallOptions) {
    this.#options = options
    this.#run = options.run
    this.#side4 = { family: 4, iptables: 'iptables', sets: this.#setsFor(4, []) }
    this.#side6 = { family: 6, iptables: 'ip6tables', sets: this.#setsFor(6, []) }
  }

  get ipv6Problem(): string | null {
    return this.#ipv6Problem
  }

  async synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    for (const { side, listing } of await this.#listings()) {
      const wanted = byKind(ofFamily(entries, side.family))
      const sets = this.#setsFor(side.family, ofFamily(entries, side.family))
      const existing = new Set((await ownSets(this.#run, side.family)).map(({ name }) => name))
      for (const set of sets) {
        await synchroniseSet(this.#run, set, wanted.get(suffixOf(set.kind)) ?? [], existing)
      }
      await this.#lookInto(side, sets, listing)
      const kept = new Set(sets.map(({ name }) => name))
      for (const { name } of await ownSets(this.#run, side.family)) {
        if (!kept.has(name)) await this.#destroy(name)
      }
    }
  }

  async add(entries: readonly FirewallEntry[]): Promise<void> {
    this.#refuseUnenforceable(entries)
    const added = [...byKind(entries)].flatMap(([suffix, ofKind]) =>
      ofKind.map((entry) => addLine(`picket${entry.family}${suffix}`, entry)),
    )
    const lacking = this.#sides().flatMap((side) => this.#lackedBy(side, entries))
    await restore(this.#run, [...lacking.map(createLine), ...added])
    if (lacking.length > 0) await this.#lookIntoMore(lacking)
    const killSockets = this.#options.killSockets ?? false
    await cutConnections(this.#run, entries, { killSockets })
  }

  async remove(entries: readonly FirewallEntry[]): Promise<void> {
    const known = new Set(this.#sides().flatMap(({ sets }) => sets.map(({ name }) => name)))
    const lines = [...byKind(entries)].flatMap(([suffix, ofKind]) =>
      ofKind.flatMap((entry) => {
        const name = `picket${entry.family}${suffix}`
        return known.has(name) ? [removeLine(name, entry)] : []
      }),
    )
    await restore(this.#run, lines)
  }

  async list(): Promise<readonly HeldEntry[]> {
    const held: HeldEntry[] = []
    for (const { family } of this.#sides()) {
      for (const { kind } of await ownSets(this.#run, family)) {
        if (kind === null) continue
        const set = setOf(family, kind, this.#options.maxEntries)
        held.push(...(await readSet(this.#run, set)).entries)
      }
    }
    return held
  }

  async isIntact(): Promise<boolean> {
    const listings = await this.#listings()
    // Rules that stand prove the sets: the kernel does not let go of a set a rule refers to.
    return listings.every(({ side, listing }) => rulesStand(listing, side.sets.flatMap(setRules)))
  }

  async teardown(): Promise<void> {
    const faults: unknown[] = []
    for (const { side, listing } of await this.#listings()) {
      try {
        const removal = rulesToRemove(listing)
        if (removal !== null) await this.#restoreRules(side, removal)
        for (const { name } of await ownSets(this.#run, side.family)) await this.#destroy(name)
        side.sets = this.#setsFor(side.family, [])
      } catch (error) {
        faults.push(error)
      }
    }
    if (faults.length > 0) throw faults[0]
  }

  #setsFor(family: 4 | 6, entries: readonly FirewallEntry[]): readonly AddressSet[] {
    return kindsOf(entries).map((kind) => setOf(family, kind, this.#options.maxEntries))
  }

  #lackedBy(side: Side, entries: readonly FirewallEntry[]): readonly AddressSet[] {
    const known = new Set(side.sets.map(({ name }) => name))
    const sets = this.#setsFor(side.family, ofFamily(entries, side.family))
    return sets.filter(({ name }) => !known.has(name))
  }

  /** Makes the chains look into these sets too, which exist. */
  async #lookIntoMore(sets: readonly AddressSet[]): Promise<void> {
    for (const { side, listing } of await this.#listings()) {
      const more = sets.filter(({ family }) => family === side.family)
      const suffixes = [...side.sets, ...more].map(({ kind }) => suffixOf(kind))
      const kinds = suffixes.flatMap((suffix) => kindOfSuffix(suffix) ?? [])
      const { maxEntries } = this.#options
      const all = kinds.map((kind) => setOf(side.family, kind, maxEntries))
      if (more.length > 0) await this.#lookInto(side, all, listing)
    }
  }

  async #lookInto(side: Side, sets: readonly AddressSet[], listing: string): Promise<void> {
    const rules = sets.flatMap(setRules)
    if (!rulesStand(listing, rules)) await this.#restoreRules(side, rulesToRestore(listing, rules))
    side.sets = sets
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

  async #restoreRules(side: Side, script: string): Promise<void> {
    await this.#run(`${side.iptables}-restore`, ['--noflush', ...LOCK_WAIT], { input: script })
  }

  async #destroy(name: string): Promise<void> {
    await this.#run('ipset', ['destroy', name])
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
}

function ofFamily(entries: readonly FirewallEntry[], family: 4 | 6): readonly FirewallEntry[] {
  return entries.filter((entry) => entry.family === family)
}

function isLockWait(error: PicketError): boolean {
  return /xtables lock|did not end within/.test(error.message)
}
