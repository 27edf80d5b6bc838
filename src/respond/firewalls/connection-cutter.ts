/** Cuts the connections of new blocks beside the orders, which need not wait for it: the rules keep everybody out by then. */
import type { FirewallEntry, FirewallOptions } from '../firewall.ts'
import { cutConnections } from './connections.ts'

/** At once: each further one has conntrack compare every connection once more. Of more only the rules cut. */
const MOST_AT_ONCE = 32
const MOST_WAITING = 256

/**
 * To forget a connection conntrack looks through the kernel's whole table, which takes it 20 ms and more, be there
 * connections or not: twice what all else of a block does.
 *
 * One look at a time; what comes meanwhile goes with the next.
 */
export class ConnectionCutter {
  readonly #options: FirewallOptions
  #waiting: FirewallEntry[] = []
  #cutting: Promise<void> | null = null

  constructor(options: FirewallOptions) {
    this.#options = options
  }

  /** Resolves at once, but where sockets are to be ended: they are when it resolves. Never rejects. */
  async cut(entries: readonly FirewallEntry[]): Promise<void> {
    if (entries.length === 0 || entries.length > MOST_AT_ONCE) return
    if (this.#waiting.length + entries.length > MOST_WAITING) return
    this.#waiting.push(...entries)
    this.#cutting ??= this.#cutAll()
    if (this.#options.killSockets === true) await this.#cutting
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#cutting
  }

  async #cutAll(): Promise<void> {
    const { run, killSockets = false } = this.#options
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, MOST_AT_ONCE)
      await cutConnections(run, some, { killSockets })
    }
    this.#cutting = null
  }
}
