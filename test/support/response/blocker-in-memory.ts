/** A blocker over a record and a firewall in memory, on a clock that is set: for tests of what it decides. */
import { silentLog } from '../../../src/core/log/log.ts'
import { createBlocker, type Blocker, type BlockerOptions } from '../../../src/respond/blocker.ts'
import type { RespondConfig } from '../../../src/respond/config.ts'
import { createDryRunFirewall } from '../../../src/respond/firewalls/dry-run.ts'
import type { Firewall } from '../../../src/respond/firewall.ts'
import type { GuardFacts } from '../../../src/respond/guards/refusal.ts'
import { AUTOMATIC, OPEN_FACTS, RESPOND_CONFIG, SetClock } from './blocking.ts'
import { MemoryBlockLog } from './memory-block-log.ts'

export const START_MS = Date.UTC(2026, 0, 5, 10)

export interface InMemory {
  readonly clock: SetClock
  readonly blocks: MemoryBlockLog
  readonly firewall: Firewall
}

/** Makes the parts; the firewall forgets as the kernel would. */
export function partsInMemory(): InMemory {
  const clock = new SetClock(START_MS)
  return { clock, blocks: new MemoryBlockLog(), firewall: createDryRunFirewall(clock) }
}

/** Makes a blocker over the parts. */
export function blockerOver(
  parts: InMemory,
  config: Partial<RespondConfig> = {},
  { facts = OPEN_FACTS, ...more }: Partial<BlockerOptions> & { facts?: GuardFacts } = {},
): Blocker {
  return createBlocker({
    ...parts,
    guardFacts: () => Promise.resolve(facts),
    log: silentLog,
    config: { ...RESPOND_CONFIG, ...config },
    automatic: AUTOMATIC,
    ...more,
  })
}
