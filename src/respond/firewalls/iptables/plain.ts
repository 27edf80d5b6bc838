/**
 * Enforces blocks with iptables alone, where there is no ipset: a rule or two of the chain `PICKET` for each.
 *
 * A packet is held against each of them in turn, so their number is bounded. The kernel does not lift them by
 * itself: the agent does when their time is over, and a rule's comment says when that is.
 */
import type { Clock } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import { entryKey, type RuleWatch } from '../../firewall.ts'
import type { Firewall, FirewallEntry, FirewallOptions, HeldEntry } from '../../firewall.ts'
import { difference, differs } from '../../keeping/difference.ts'
import { ConnectionCutter } from '../connection-cutter.ts'
import { sidesOf } from '../entry-kind.ts'
import { destroyOwnSets } from './ipset.ts'
import { chainRules, jumpsStand, rulesToRestore } from './packet-rules.ts'
import { byEntry, readRule, rulesOf, wholeEntries, type PlainRule } from './plain-rules.ts'
import { RuleTables, type Listing } from './rule-tables.ts'
import { watchRules } from './rule-watch.ts'

/** Two thousand rules halve the throughput of a fast link; ten thousand end it. */
const MAX_ENTRIES = 1000

/** Opens the firewall; nothing is run until it is used. */
export function createPlainFirewall(options: FirewallOptions, clock: Clock): Firewall {
  return new PlainFirewall(options, clock)
}

/** The chain of a family as it was read. */
interface Chain {
  readonly listing: Listing
  /** Times to go are told from here on, and written so: else each change would make the others longer. */
  readonly readAtMs: number
  readonly rules: readonly PlainRule[]
  /** Every entry of which all rules are there. */
  readonly entries: readonly HeldEntry[]
  /** Whether jumps stand, and the chain holds these entries' rules and no other. */
  readonly isIntact: boolean
}

class PlainFirewall implements Firewall {
  readonly name = 'iptables-plain'
  readonly capacity: number
  readonly #options: FirewallOptions
  readonly #cutter: ConnectionCutter
  readonly #clock: Clock
  readonly #tables: RuleTables

  constructor(options: FirewallOptions, clock: Clock) {
    this.#options = options
    this.#cutter = new ConnectionCutter(options)
    this.#clock = clock
    this.capacity = Math.min(MAX_ENTRIES, options.maxEntries ?? MAX_ENTRIES)
    this.#tables = new RuleTables(options.run, { counters: true })
  }

  async close(): Promise<void> {
    await this.#cutter.settled()
  }

  watch(changed: () => void): RuleWatch | null {
    const { start } = this.#options
    return start === undefined ? null : watchRules(start, changed)
  }

  get ipv6Problem(): string | null {
    return this.#tables.ipv6Problem
  }

  async synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    await this.#replace(await this.#chains(), () => entries)
  }

  async add(entries: readonly FirewallEntry[]): Promise<void> {
    const chains = await this.#chains()
    this.#tables.refuseUnenforceable(entries)
    const added = new Set(entries.map(entryKey))
    await this.#replace(chains, (held) => [
      ...held.filter((entry) => !added.has(entryKey(entry))),
      ...entries,
    ])
    await this.#cutter.cut(entries)
  }

  async remove(entries: readonly FirewallEntry[]): Promise<void> {
    const removed = new Set(entries.map(entryKey))
    await this.#replace(await this.#chains(), (held) =>
      held.filter((entry) => !removed.has(entryKey(entry))),
    )
  }

  async list(): Promise<readonly HeldEntry[]> {
    return (await this.#chains()).flatMap(({ entries }) => entries)
  }

  async isIntact(): Promise<boolean> {
    return (await this.#chains()).every(({ isIntact }) => isIntact)
  }

  async teardown(): Promise<void> {
    await this.#tables.removeOurs()
    await this.#destroySets()
  }

  async #chains(): Promise<readonly Chain[]> {
    const nowMs = this.#clock.nowMs()
    return (await this.#tables.listings()).map((listing) => readChain(listing, nowMs))
  }

  /** Makes the chains hold what `wanted` makes of what they hold; all of them, or none. */
  async #replace(
    chains: readonly Chain[],
    wanted: (held: readonly HeldEntry[]) => readonly FirewallEntry[],
  ): Promise<void> {
    const drafts = chains.map((chain) => {
      const { family } = chain.listing
      const entries = wanted(chain.entries).filter((entry) => entry.family === family)
      return { chain, entries }
    })
    this.#refuseTooMany(drafts.reduce((sum, { entries }) => sum + entries.length, 0))
    const done: Chain[] = []
    for (const { chain, entries } of drafts) {
      if (chain.isIntact && !differs(difference(entries, chain.entries))) continue
      try {
        await this.#write(chain, entries)
      } catch (error) {
        await this.#putBack(done)
        throw error
      }
      done.push(chain)
    }
  }

  async #putBack(earlier: readonly Chain[]): Promise<void> {
    for (const chain of await this.#chains()) {
      const before = earlier.find(({ listing }) => listing.family === chain.listing.family)
      if (before === undefined) continue
      await this.#write({ ...chain, readAtMs: before.readAtMs }, before.entries)
    }
  }

  async #write(chain: Chain, entries: readonly FirewallEntry[]): Promise<void> {
    const { listing, rules, readAtMs } = chain
    const counted = byEntry(rules)
    const lines = entries.flatMap((entry) => {
      return rulesOf(entry, counted.get(entryKey(entry)) ?? [], readAtMs)
    })
    await this.#tables.restore(listing.family, rulesToRestore(listing.text, lines))
  }

  #refuseTooMany(count: number): void {
    if (count <= this.capacity) return
    throw new PicketError(
      'ERR_FIREWALL_FAILED',
      `${count} entries are too many for iptables without ipset, which takes ${this.capacity}`,
      { hint: 'apt-get install ipset, set respond.firewall to nftables, or lift blocks' },
    )
  }

  /** Sets of a time when there was ipset; without it there is nothing to be done about them. */
  async #destroySets(): Promise<void> {
    try {
      for (const family of this.#tables.families) await destroyOwnSets(this.#options.run, family)
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
    }
  }
}

function readChain(listing: Listing, readAtMs: number): Chain {
  const lines = chainRules(listing.text)
  const rules = lines.flatMap((line) => readRule(line, listing.family, readAtMs) ?? [])
  const entries = wholeEntries(rules)
  const needed = entries.reduce((sum, entry) => sum + sidesOf(entry).length, 0)
  const isIntact = jumpsStand(listing.text) && needed === lines.length
  return { listing, readAtMs, rules, entries, isIntact }
}
