/** The filter tables of both families, read by `iptables -S` and written by `iptables-restore`. */
import { PicketError } from '../../../core/errors.ts'
import type { RunCommand } from '../../command.ts'
import type { FirewallEntry } from '../../firewall.ts'
import { clearEitherVariant, LOCK_WAIT } from './either-variant.ts'
import { rulesToRemove } from './packet-rules.ts'

export interface Listing {
  readonly family: 4 | 6
  /** What `iptables -S` printed. */
  readonly text: string
}

/** Knows whether the kernel filters IPv6, as last seen. */
export class RuleTables {
  readonly #run: RunCommand
  readonly #options: readonly string[]
  #ipv6Problem: string | null = null

  /** With `counters` each rule is listed with what it has counted, and gets back what a script says of it. */
  constructor(run: RunCommand, { counters = false }: { counters?: boolean } = {}) {
    this.#run = run
    this.#options = counters ? ['-v'] : []
  }

  get ipv6Problem(): string | null {
    return this.#ipv6Problem
  }

  /** The families that can be enforced, as last seen. */
  get families(): readonly (4 | 6)[] {
    return this.#ipv6Problem === null ? [4, 6] : [4]
  }

  /** What stands in the filter table of each family that the kernel has. Errors: `ERR_FIREWALL_*`. */
  async listings(): Promise<readonly Listing[]> {
    // At once: an order waits for both.
    const [four, six] = await Promise.allSettled([this.#list(4), this.#list(6)])
    if (four.status === 'rejected') throw four.reason
    if (six.status === 'fulfilled') {
      this.#ipv6Problem = null
      return [four.value, six.value]
    }
    // IPv4 stands, so rights and tools are there: this kernel, or its filter, has no IPv6.
    const error: unknown = six.reason
    if (!(error instanceof PicketError) || isLockWait(error)) throw error
    this.#ipv6Problem = error.message
    return [four.value]
  }

  /** Those that entries need: of IPv4 alone where they are, since to start a tool is what an order waits for longest. */
  async listingsFor(entries: readonly FirewallEntry[] = []): Promise<readonly Listing[]> {
    const isIpv4 = entries.length > 0 && entries.every(({ family }) => family === 4)
    return isIpv4 ? [await this.#list(4)] : this.listings()
  }

  /** Runs a script in one transaction; other chains are left as they are. Errors: `ERR_FIREWALL_*`. */
  async restore(family: 4 | 6, script: string): Promise<void> {
    const args = ['--noflush', ...LOCK_WAIT, ...(this.#options.length > 0 ? ['--counters'] : [])]
    await this.#run(`${toolOf(family)}-restore`, args, { input: script })
  }

  /** Removes our chain and the jumps to it from either family, and of either variant. Errors: `ERR_FIREWALL_*`. */
  async removeOurs(): Promise<void> {
    const faults: unknown[] = []
    for (const { family, text } of await this.listings()) {
      const removal = rulesToRemove(text)
      if (removal === null) continue
      await this.restore(family, removal).catch((error: unknown) => void faults.push(error))
    }
    await clearEitherVariant(this.#run)
    if (faults.length > 0) throw faults[0]
  }

  /** Errors: `ERR_FIREWALL_FAILED` for IPv6 entries where the kernel does not filter it. */
  refuseUnenforceable(entries: readonly FirewallEntry[]): void {
    const refused = this.#ipv6Problem === null ? undefined : entries.find(({ family }) => family === 6) // prettier-ignore
    if (refused === undefined) return
    throw new PicketError(
      'ERR_FIREWALL_FAILED',
      `${refused.target} can't be blocked: no IPv6 packet filter on this host (${this.#ipv6Problem})`,
      { hint: 'IPv4 targets are blocked as usual' },
    )
  }

  async #list(family: 4 | 6): Promise<Listing> {
    const args = [...LOCK_WAIT, ...this.#options, '-S']
    return { family, text: await this.#run(toolOf(family), args) }
  }
}

const toolOf = (family: 4 | 6): string => (family === 4 ? 'iptables' : 'ip6tables')

function isLockWait(error: PicketError): boolean {
  return /xtables lock|did not end within/.test(error.message)
}
