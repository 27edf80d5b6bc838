/** Response: keeps out whom it is told to keep out, and never those who run the host. */
import { systemClock, type Clock } from '../core/clock.ts'
import { runCommand, type RunCommand } from './command.ts'
import type { RespondConfig } from './config.ts'
import type { Firewall } from './firewall.ts'
import { createDryRunFirewall } from './firewalls/dry-run.ts'
import { createIptablesFirewall } from './firewalls/iptables.ts'

export { createBlocker } from './blocker.ts'
export type { Blocker, BlockerOptions, BlockerStatus } from './blocker.ts'
export { findTool, runCommand } from './command.ts'
export type { RunCommand } from './command.ts'
export type { Firewall, FirewallEntry } from './firewall.ts'
export { createGuardFacts } from './guards/guard-facts.ts'
export type { GuardSources } from './guards/guard-facts.ts'
export { BlockRefused, GUARDS, refusal } from './guards/refusal.ts'
export type { Guard, GuardedRange, GuardFacts, Refusal } from './guards/refusal.ts'
export type { BlockOrder } from './order.ts'

/** Opens the firewall that the configuration names; nothing is run until it is used. */
export function createFirewall(
  config: Pick<RespondConfig, 'firewall' | 'maxActiveBlocks'>,
  options: { readonly clock?: Clock; readonly run?: RunCommand } = {},
): Firewall {
  const { clock = systemClock, run = runCommand } = options
  switch (config.firewall) {
    case 'iptables':
      return createIptablesFirewall({ run, maxEntries: config.maxActiveBlocks })
    case 'dry-run':
      return createDryRunFirewall(clock)
  }
}
