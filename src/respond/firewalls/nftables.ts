/** Enforces blocks with nftables: one table of our own, every change one transaction, nothing else on the host. */
import { PicketError } from '../../core/errors.ts'
import {
  entryKey,
  type Firewall,
  type FirewallEntry,
  type FirewallOptions,
  type HeldEntry,
} from '../firewall.ts'
import { difference } from '../keeping/difference.ts'
import { StandbyTool } from '../standby.ts'
import { ConnectionCutter } from './connection-cutter.ts'
import {
  moreSets,
  nftSetOf,
  noTable,
  readSets,
  removed,
  renewed,
  TABLE,
  wholeTable,
  type NftSet,
} from './nft-table.ts'

const NO_TABLE = /No such file or directory/

/** Opens the firewall; nothing is run until it is used. */
export function createNftablesFirewall(options: FirewallOptions): Firewall {
  return new NftablesFirewall(options)
}

class NftablesFirewall implements Firewall {
  readonly name = 'nftables'
  /** A kernel without IPv6 takes the rules all the same: no such packet ever comes by. */
  readonly ipv6Problem = null
  readonly capacity = null
  readonly #options: FirewallOptions
  readonly #cutter: ConnectionCutter
  readonly #reading: StandbyTool
  /** How nft printed the table, without elements, right after we made it; null before. */
  #structure: string | null = null
  #sets = new Map<string, NftSet>()

  constructor(options: FirewallOptions) {
    this.#options = options
    this.#cutter = new ConnectionCutter(options)
    this.#reading = new StandbyTool(options.run, 'nft', ['-f', '-'])
  }

  async synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    if ((await this.isIntact()) && this.#lacked(entries).length === 0) {
      await this.#adjust(entries)
      return
    }
    const sets = setsOf(entries)
    await this.#apply(wholeTable([...sets.values()], entries, this.#options.maxEntries))
    await this.#remember(sets)
  }

  async add(entries: readonly FirewallEntry[]): Promise<void> {
    const lacked = this.#lacked(entries)
    const { maxEntries } = this.#options
    await this.#apply((lacked.length === 0 ? '' : moreSets(lacked, maxEntries)) + renewed(entries))
    if (lacked.length > 0) {
      await this.#remember(
        new Map([...this.#sets, ...lacked.map((set) => [set.name, set] as const)]),
      )
    }
    await this.#cutter.cut(entries)
  }

  async remove(entries: readonly FirewallEntry[]): Promise<void> {
    const known = entries.filter((entry) => this.#sets.has(nftSetOf(entry).name))
    if (known.length > 0) await this.#apply(removed(known))
  }

  async list(): Promise<readonly HeldEntry[]> {
    const json = await this.#listTable(['-j'])
    return json === null ? [] : readSets(json).flatMap((set) => set.entries)
  }

  async isIntact(): Promise<boolean> {
    if (this.#structure === null) return false
    return (await this.#listTable(['-s', '-t'])) === this.#structure
  }

  async teardown(): Promise<void> {
    this.#structure = null
    this.#sets = new Map()
    if ((await this.#listTable(['-t'])) !== null) await this.#apply(noTable())
  }

  standBy(): void {
    this.#reading.standBy()
  }

  async close(): Promise<void> {
    this.#reading.close()
    await this.#cutter.settled()
  }

  /** Puts in what is missing or mistimed and takes out what is too much; what stays goes on counting. */
  async #adjust(entries: readonly FirewallEntry[]): Promise<void> {
    const held = await this.list()
    const { missing, mistimed } = difference(entries, held)
    const changed = new Set([...missing, ...mistimed])
    const renewing = entries.filter(({ target }) => changed.has(target))
    const wanted = new Set(entries.map(entryKey))
    const surplus = held.filter((entry) => !wanted.has(entryKey(entry)))
    if (renewing.length + surplus.length > 0)
      await this.#apply(removed(surplus) + renewed(renewing))
  }

  #lacked(entries: readonly FirewallEntry[]): readonly NftSet[] {
    return [...setsOf(entries).values()].filter(({ name }) => !this.#sets.has(name))
  }

  async #remember(sets: Map<string, NftSet>): Promise<void> {
    this.#sets = sets
    this.#structure = await this.#listTable(['-s', '-t'])
  }

  async #apply(commands: string): Promise<void> {
    await this.#reading.run(commands)
  }

  /** Null where there is no such table. */
  async #listTable(options: readonly string[]): Promise<string | null> {
    try {
      return await this.#options.run('nft', [...options, 'list', 'table', ...TABLE.split(' ')])
    } catch (error) {
      if (error instanceof PicketError && NO_TABLE.test(error.message)) return null
      throw error
    }
  }
}

function setsOf(entries: readonly FirewallEntry[]): Map<string, NftSet> {
  return new Map(entries.map(nftSetOf).map((set) => [set.name, set]))
}
