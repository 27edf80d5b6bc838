/** Chooses how iptables is used: with sets where the host has ipset, with a rule for each block where it has none. */
import type { Clock } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import type { RunCommand } from '../../command.ts'
import type {
  AddOptions,
  Firewall,
  FirewallEntry,
  FirewallOptions,
  HeldEntry,
  RuleWatch,
} from '../../firewall.ts'
import { createPlainFirewall } from './plain.ts'
import { watchRules } from './rule-watch.ts'
import { createIpsetFirewall } from './with-ipset.ts'

/** What ipset and iptables say where the kernel has no sets, or no rules that look into them. */
const NO_SETS = [
  /Cannot open session to kernel/,
  /Kernel support protocol versions/,
  /set type (?:is )?(?:does )?not supported/,
  /Kernel error received: Invalid argument/,
  /load match .set'|Extension set /,
]

/** Opens the firewall; what it is made of is found out when it is first used. */
export function createIptablesFirewall(options: FirewallOptions, clock: Clock): Firewall {
  return new ChosenFirewall(options, clock)
}

/** Where sets turn out later not to work, it goes on without them until the agent is started anew. */
class ChosenFirewall implements Firewall {
  readonly #options: FirewallOptions
  readonly #clock: Clock
  #chosen: Firewall | null = null

  constructor(options: FirewallOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  get name(): string {
    return this.#chosen?.name ?? 'iptables'
  }

  get capacity(): number | null {
    return this.#chosen?.capacity ?? null
  }

  get ipv6Problem(): string | null {
    return this.#chosen?.ipv6Problem ?? null
  }

  synchronise(entries: readonly FirewallEntry[]): Promise<void> {
    return this.#use((firewall) => firewall.synchronise(entries))
  }

  add(entries: readonly FirewallEntry[], how?: AddOptions): Promise<void> {
    return this.#use((firewall) => firewall.add(entries, how))
  }

  remove(entries: readonly FirewallEntry[]): Promise<void> {
    return this.#use((firewall) => firewall.remove(entries))
  }

  list(): Promise<readonly HeldEntry[]> {
    return this.#use((firewall) => firewall.list())
  }

  isIntact(entries?: readonly FirewallEntry[]): Promise<boolean> {
    return this.#use((firewall) => firewall.isIntact(entries))
  }

  teardown(): Promise<void> {
    return this.#use((firewall) => firewall.teardown())
  }

  standBy(): void {
    this.#chosen?.standBy?.()
  }

  async close(): Promise<void> {
    await this.#chosen?.close?.()
  }

  watch(changed: () => void): RuleWatch | null {
    const { start } = this.#options
    return start === undefined ? null : watchRules(start, changed)
  }

  async #use<Result>(work: (firewall: Firewall) => Promise<Result>): Promise<Result> {
    this.#chosen ??= (await hasSets(this.#options.run))
      ? createIpsetFirewall(this.#options)
      : createPlainFirewall(this.#options, this.#clock)
    try {
      return await work(this.#chosen)
    } catch (error) {
      if (isWithoutSets(error)) {
        const broken = this.#chosen
        this.#chosen = createPlainFirewall(this.#options, this.#clock)
        await broken.close?.()
      }
      throw error
    }
  }
}

/** Errors: `ERR_FIREWALL_DENIED`, since then nobody knows. */
async function hasSets(run: RunCommand): Promise<boolean> {
  try {
    await run('ipset', ['list', '-name'])
    return true
  } catch (error) {
    if (isWithoutSets(error)) return false
    throw error
  }
}

function isWithoutSets(error: unknown): boolean {
  if (!(error instanceof PicketError)) return false
  if (error.code === 'ERR_FIREWALL_MISSING') return /^ipset /.test(error.message)
  return error.code === 'ERR_FIREWALL_FAILED' && NO_SETS.some((said) => said.test(error.message))
}
