/** What tests of blocking start from: guard facts, a configuration, an order, a clock to set. */
import type { Clock } from '../../../src/core/clock.ts'
import { parsePortRange, type PortRange } from '../../../src/net/port-range.ts'
import type { RespondConfig } from '../../../src/respond/config.ts'
import type { GuardFacts } from '../../../src/respond/guards/refusal.ts'
import type { Block } from '../../../src/record/logs/block-log.ts'
import type { FirewallEntry } from '../../../src/respond/firewall.ts'
import type { AutomaticConfig } from '../../../src/respond/orders/automatic.ts'
import type { BlockOrder } from '../../../src/respond/orders/order.ts'

export const OPEN_FACTS: GuardFacts = { minPrefix4: 16, minPrefix6: 48, guarded: [] }

export const RESPOND_CONFIG: RespondConfig = {
  firewall: 'iptables',
  defaultTtlSeconds: 3600,
  minPrefix4: 16,
  minPrefix6: 48,
  maxActiveBlocks: 10_000,
  guardedHosts: [],
  killSockets: false,
  reconcileSeconds: 3600,
  onStop: 'keep',
}

export const AUTOMATIC: AutomaticConfig = {
  repeatFactor: 2,
  repeatDays: 30,
  maxTtlSeconds: 604_800,
  liftQuietSeconds: 86_400,
  ipv6Prefix: 128,
}

/** What the firewall is to hold for a target: all of it, for good, changed where a test cares. */
export function entryFor(target: string, changes: Partial<FirewallEntry> = {}): FirewallEntry {
  const whole = { direction: 'both', protocol: null, ports: null } as const
  const family = target.includes(':') ? 6 : 4
  return { target, family, ...whole, remainingSeconds: null, ...changes }
}

/** Ports as a scope holds them, from `22` and `8000-8100`. */
export function portRanges(...given: readonly (number | string)[]): readonly PortRange[] {
  return given.flatMap((one) => parsePortRange(one) ?? [])
}

/** A block as the record keeps it. */
export function recordedBlock(changes: Partial<Block> = {}): Block {
  return {
    ...{ id: '019b8d2a-0000-7000-8000-000000000001', target: '192.0.2.7' },
    ...{ direction: 'both', protocol: null, ports: [], state: 'pending' },
    ...{ createdAtMs: 1_767_607_200_000, expiresAtMs: 1_767_607_800_000 },
    ...{ liftedAtMs: null, liftedBy: null, reason: 'ticket 4711', source: 'api' },
    ...{ orderedBy: 'abc', eventId: null, failure: null },
    ...{ verifiedAtMs: null, stoppedPackets: 0, stoppedBytes: 0 },
    ...changes,
  }
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
