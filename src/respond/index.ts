/** Response: keeps out whom it is told to keep out, and never those who run the host. */
import { systemClock, type Clock } from '../core/clock.ts'
import { runCommand, startTool, type RunCommand } from './command.ts'
import type { RespondConfig } from './config.ts'
import type { Firewall } from './firewall.ts'
import { createDryRunFirewall } from './firewalls/dry-run.ts'
import { createIptablesFirewall } from './firewalls/iptables/choice.ts'
import { createPlainFirewall } from './firewalls/iptables/plain.ts'
import { createNftablesFirewall } from './firewalls/nftables.ts'

export { createBlocker, type Blocker } from './blocker.ts'
export type { Ordered } from './orders/carry-out.ts'
export { findTool, type RunCommand } from './command.ts'
export type { Firewall } from './firewall.ts'
export { createGuardFacts, type GuardSources } from './guards/guard-facts.ts'
export { BlockRefused, neededIn } from './guards/refusal.ts'
export type { BlockOrder } from './orders/order.ts'
export { blockWords, readScope } from './orders/scope.ts'
export { PanicSwitch } from './panic.ts'
export { simulateBlock } from './simulation/simulate.ts'

type FirewallChoice = Pick<RespondConfig, 'firewall' | 'killSockets'>

/** Opens the firewall that the configuration names; nothing is run until it is used. */
export function createFirewall(
  config: FirewallChoice,
  options: { readonly clock?: Clock; readonly run?: RunCommand } = {},
): Firewall {
  const { clock = systemClock, run = runCommand } = options
  const { killSockets } = config
  switch (config.firewall) {
    case 'iptables':
      return createIptablesFirewall({ run, start: startTool, killSockets }, clock)
    case 'iptables-plain':
      return createPlainFirewall({ run, start: startTool, killSockets }, clock)
    case 'nftables':
      return createNftablesFirewall({ run, killSockets })
    case 'dry-run':
      return createDryRunFirewall(clock)
  }
}

/**
 * Opens the firewalls that the configuration may have named before: what they hold of ours is to be cleared.
 *
 * A dry run touches none. `iptables-plain` and `iptables` have one chain between them, which either puts right.
 */
export function formerFirewalls(config: FirewallChoice): readonly Firewall[] {
  if (config.firewall === 'dry-run') return []
  const other = config.firewall === 'nftables' ? 'iptables' : 'nftables'
  return [createFirewall({ ...config, firewall: other })]
}
