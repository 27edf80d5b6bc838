/** Enforces blocks with iptables and ipset: one chain a family, one set a kind, nothing else on the host. */
import { PicketError } from '../../../core/errors.ts'
import type { RunCommand } from '../../command.ts'
import type {
  AddOptions,
  Firewall,
  FirewallEntry,
  FirewallOptions,
  HeldEntry,
} from '../../firewall.ts'
import { StandbyTool } from '../../standby.ts'
import { ConnectionCutter } from '../connection-cutter.ts'
import { byKind, kindsOf, suffixOf } from '../entry-kind.ts'
import {
  addLine,
  createLine,
  destroyOwnSets,
  destroySets,
  ownSets,
  readSet,
  removeLine,
  RESTORE,
  scriptOf,
  setOf,
  synchroniseSet,
  type AddressSet,
} from './ipset.ts'
import { rulesStand, rulesToRestore, setRules } from './packet-rules.ts'
import { RuleTables, type Listing } from './rule-tables.ts'

/** A set grows as it is filled, so this costs nothing; more blocks than that the configuration does not allow. */
const MAX_ENTRIES = 1_048_576

/** Opens the firewall; nothing is run until it is used. */
export function createIpsetFirewall(options: FirewallOptions): Firewall {
  return new IpsetFirewall(options)
}

type Sets = readonly AddressSet[]
type SetsByFamily = Readonly<Record<4 | 6, Sets>>

/** How sets stood before a change; null for those that there were none of. */
type Snapshot = ReadonlyMap<AddressSet, readonly HeldEntry[] | null>

class IpsetFirewall implements Firewall {
  readonly name = 'iptables'
  readonly capacity = null
  readonly #cutter: ConnectionCutter
  readonly #maxEntries: number
  readonly #run: RunCommand
  readonly #tables: RuleTables
  readonly #restoring: StandbyTool
  /** Those that the chains look into, in their order. */
  #sets: SetsByFamily

  constructor(options: FirewallOptions) {
    this.#cutter = new ConnectionCutter(options)
    this.#maxEntries = options.maxEntries ?? MAX_ENTRIES
    this.#run = options.run
    this.#tables = new RuleTables(options.run)
    this.#restoring = new StandbyTool(options.run, 'ipset', RESTORE)
    this.#sets = { 4: this.#setsFor(4, []), 6: this.#setsFor(6, []) }
  }

  get ipv6Problem(): string | null {
    return this.#tables.ipv6Problem
  }

  async synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    for (const listing of await this.#tables.listings()) {
      const { family } = listing
      const wanted = byKind(ofFamily(entries, family))
      const sets = this.#setsFor(family, entries)
      const existing = new Set((await ownSets(this.#run, family)).map(({ name }) => name))
      for (const set of sets) {
        await synchroniseSet(this.#run, set, wanted.get(suffixOf(set.kind)) ?? [], existing)
      }
      await this.#lookInto(listing, sets)
      await destroyOwnSets(this.#run, family, { except: sets.map(({ name }) => name) })
    }
  }

  async add(
    entries: readonly FirewallEntry[],
    { mayStopHalfway = false }: AddOptions = {},
  ): Promise<void> {
    this.#tables.refuseUnenforceable(entries)
    const added = [...byKind(entries)].flatMap(([suffix, ofKind]) =>
      ofKind.map((entry) => addLine(`picket${entry.family}${suffix}`, entry)),
    )
    const touched = ([4, 6] as const).flatMap((family) => this.#setsOf(family, entries))
    const lacking = touched.filter((set) => !this.#isLookedInto(set))
    // One element goes in or not; many, and new sets, may stop half-way.
    const isWhole = lacking.length === 0 && (added.length <= 1 || mayStopHalfway)
    const before = isWhole ? null : await this.#snapshot(touched)
    const looked = this.#sets
    try {
      await this.#restore([...lacking.map(createLine), ...added])
      if (lacking.length > 0) await this.#lookIntoMore(lacking)
    } catch (error) {
      if (before !== null) await this.#putBack(before, looked, error)
      throw error
    }
    await this.#cutter.cut(entries)
  }

  async remove(entries: readonly FirewallEntry[]): Promise<void> {
    const known = new Set([...this.#sets[4], ...this.#sets[6]].map(({ name }) => name))
    const lines = [...byKind(entries)].flatMap(([suffix, ofKind]) =>
      ofKind.flatMap((entry) => {
        const name = `picket${entry.family}${suffix}`
        return known.has(name) ? [removeLine(name, entry)] : []
      }),
    )
    await this.#restore(lines)
  }

  async list(): Promise<readonly HeldEntry[]> {
    const held: HeldEntry[] = []
    for (const family of this.#tables.families) {
      for (const { kind } of await ownSets(this.#run, family)) {
        if (kind === null) continue
        const set = setOf(family, kind, this.#maxEntries)
        held.push(...(await readSet(this.#run, set)).entries)
      }
    }
    return held
  }

  async isIntact(entries?: readonly FirewallEntry[]): Promise<boolean> {
    const listings = await this.#tables.listingsFor(entries)
    // Rules that stand prove the sets: the kernel does not let go of a set a rule refers to.
    return listings.every(({ family, text }) =>
      rulesStand(text, this.#sets[family].flatMap(setRules)),
    )
  }

  async teardown(): Promise<void> {
    const faults: unknown[] = []
    const inUse: string[] = []
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => void faults.push(error))
    }
    await attempt(() => this.#tables.removeOurs())
    for (const family of this.#tables.families) {
      await attempt(async () => {
        inUse.push(...(await destroyOwnSets(this.#run, family)))
        this.#sets = { ...this.#sets, [family]: this.#setsFor(family, []) }
      })
    }
    if (faults.length > 0) throw faults[0]
    if (inUse.length > 0) throw heldByOthers(inUse)
  }

  standBy(): void {
    this.#restoring.standBy()
  }

  async close(): Promise<void> {
    this.#restoring.close()
    await this.#cutter.settled()
  }

  async #restore(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#restoring.run(scriptOf(lines))
  }

  /** The sets that entries need, and those that every chain looks into. */
  #setsFor(family: 4 | 6, entries: readonly FirewallEntry[]): Sets {
    return kindsOf(ofFamily(entries, family)).map((kind) => setOf(family, kind, this.#maxEntries))
  }

  /** The sets that entries are in. */
  #setsOf(family: 4 | 6, entries: readonly FirewallEntry[]): Sets {
    const own = byKind(ofFamily(entries, family))
    return this.#setsFor(family, entries).filter(({ kind }) => own.has(suffixOf(kind)))
  }

  #isLookedInto({ name, family }: AddressSet): boolean {
    return this.#sets[family].some((set) => set.name === name)
  }

  async #snapshot(sets: Sets): Promise<Snapshot> {
    const before = new Map<AddressSet, readonly HeldEntry[] | null>()
    for (const set of sets) {
      before.set(set, this.#isLookedInto(set) ? (await readSet(this.#run, set)).entries : null)
    }
    return before
  }

  /** Undoes what a change has done before it failed. Errors: `ERR_FIREWALL_FAILED`, telling of both failures. */
  async #putBack(before: Snapshot, looked: SetsByFamily, cause: unknown): Promise<void> {
    try {
      for (const listing of await this.#tables.listings()) {
        await this.#lookInto(listing, looked[listing.family])
      }
      for (const [set, entries] of before) {
        const existing = new Set((await ownSets(this.#run, set.family)).map(({ name }) => name))
        if (entries !== null) await synchroniseSet(this.#run, set, entries, existing)
        else if (existing.has(set.name)) await destroySets(this.#run, [set.name])
      }
    } catch (error) {
      if (!(error instanceof PicketError) || !(cause instanceof PicketError)) throw error
      const message = `${cause.message}; what was there before could not be put back: ${error.message}`
      throw new PicketError('ERR_FIREWALL_FAILED', message, { cause })
    }
  }

  /** Makes the chains look into these sets too, which exist. */
  async #lookIntoMore(sets: Sets): Promise<void> {
    for (const listing of await this.#tables.listings()) {
      const more = sets.filter(({ family }) => family === listing.family)
      const all = [...this.#sets[listing.family], ...more]
      if (more.length > 0) await this.#lookInto(listing, all)
    }
  }

  async #lookInto({ family, text }: Listing, sets: Sets): Promise<void> {
    const rules = sets.flatMap(setRules)
    if (!rulesStand(text, rules)) await this.#tables.restore(family, rulesToRestore(text, rules))
    this.#sets = { ...this.#sets, [family]: sets }
  }
}

function heldByOthers(sets: readonly string[]): PicketError {
  const names = sets.join(', ')
  return new PicketError(
    'ERR_FIREWALL_FAILED',
    `${names} cannot be taken out, since a rule of somebody else looks into it; it is empty now and keeps nobody out`,
    {
      hint: `find the rule with iptables-save | grep ${sets[0]}, delete it, then: ipset destroy ${sets[0]}`,
    },
  )
}

function ofFamily(entries: readonly FirewallEntry[], family: 4 | 6): readonly FirewallEntry[] {
  return entries.filter((entry) => entry.family === family)
}
