/** What tests of blocking start from: guard facts, a configuration, an order, a clock to set. */
import type { Clock } from '../../src/core/clock.ts'
import type { RespondConfig } from '../../src/respond/config.ts'
import type { GuardFacts } from '../../src/respond/guards/refusal.ts'
import type { BlockOrder } from '../../src/respond/order.ts'

export const OPEN_FACTS: GuardFacts = { minPrefix4: 16, minPrefix6: 48, guarded: [] }

export const RESPOND_CONFIG: RespondConfig = {
  firewall: 'iptables',
  defaultTtlSeconds: 3600,
  minPrefix4: 16,
  minPrefix6: 48,
  maxActiveBlocks: 10_000,
  reconcileSeconds: 3600,
  onStop: 'keep',
}

/** An order as a SOAR playbook gives it. */
export function orderFor(target: string, changes: Partial<BlockOrder> = {}): BlockOrder {
  return {
    target,
    reason: 'port scan',
    source: 'api',
    orderedBy: 'tok1',
    actor: 'token:tok1',
    eventId: null,
    callerAddress: null,
    ...changes,
  }
}

/** A clock that stands still until it is moved. */
export class SetClock implements Clock {
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  advanceSeconds(seconds: number): void {
    this.#nowMs += seconds * 1000
  }
}
