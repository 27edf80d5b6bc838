/** A fleet in one process: hosts with the real order code over a firewall and a record in memory. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { validateConfig } from '../../../src/config/index.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { createMetrics } from '../../../src/core/log/metrics.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { placeOf, type FleetConfig } from '../../../src/fleet/config.ts'
import { FleetMember } from '../../../src/fleet/index.ts'
import type { AuditEntry } from '../../../src/record/logs/audit-trail.ts'
import type {
  FleetOrders,
  FleetPosition,
  StoredFleetOrder,
} from '../../../src/record/logs/fleet-orders.ts'
import { createBlocker } from '../../../src/respond/blocker.ts'
import { createDryRunFirewall } from '../../../src/respond/firewalls/dry-run.ts'
import type { GuardFacts } from '../../../src/respond/guards/refusal.ts'
import { AUTOMATIC, OPEN_FACTS, RESPOND_CONFIG } from './blocking.ts'
import { MemoryBlockLog } from './memory-block-log.ts'

export interface OrdererKey {
  readonly keyFile: string
  /** As `fleet.orderers` takes it. */
  readonly publicKey: string
}

/** Makes the key of an orderer with its file in the folder. */
export function ordererKey(folder: string, name: string): OrdererKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const keyFile = join(folder, `${name}.pem`)
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return { keyFile, publicKey: der.toString('base64') }
}

/** The section of the configuration as its check gives it, defaults filled in. */
export function fleetOf(section: object): FleetConfig {
  return validateConfig({ fleet: { name: 'prod', ...section } }, 'test').fleet
}

/** The record's part of the fleet, in memory. */
export class MemoryFleetOrders implements FleetOrders {
  readonly stored = new Map<string, StoredFleetOrder>()
  readonly audit: AuditEntry[] = []
  #position: FleetPosition | null = null

  get(id: string): StoredFleetOrder | null {
    return this.stored.get(id) ?? null
  }

  list(limit: number): readonly StoredFleetOrder[] {
    return [...this.stored.values()].reverse().slice(0, limit)
  }

  save(order: StoredFleetOrder, audit: AuditEntry): Promise<void> {
    this.stored.set(order.id, order)
    this.audit.push(audit)
    return Promise.resolve()
  }

  position(): FleetPosition | null {
    return this.#position
  }

  advance(_fleet: string, position: FleetPosition): Promise<void> {
    this.#position = position
    return Promise.resolve()
  }
}

export interface SimulatedHost {
  readonly member: FleetMember
  readonly orders: MemoryFleetOrders
  readonly told: readonly Detection[]
  /** Targets that its firewall holds, in order. */
  blocked(): Promise<readonly string[]>
}

/** Starts a host of the fleet; whoever starts it stops its member. */
export function simulatedHost(
  config: FleetConfig,
  {
    facts = OPEN_FACTS,
    orders = new MemoryFleetOrders(),
  }: { facts?: GuardFacts; orders?: MemoryFleetOrders } = {},
): SimulatedHost {
  const told: Detection[] = []
  const firewall = createDryRunFirewall(systemClock)
  const ground = { clock: systemClock, log: silentLog }
  const blocker = createBlocker({
    ...{ ...ground, firewall, blocks: new MemoryBlockLog(), config: RESPOND_CONFIG },
    ...{ guardFacts: () => Promise.resolve(facts), automatic: AUTOMATIC },
  })
  const member = new FleetMember({
    ...{ ...ground, config, place: placeOf(config)!, orders, blocker, metrics: createMetrics() },
    audit: (entry) => void orders.audit.push({ actor: 'agent', ...entry }),
    tell: (detection) => void told.push(detection),
    version: '0.1.0',
  })
  const blocked = async () => (await firewall.list()).map(({ target }) => target).sort()
  return { member, orders, told, blocked }
}
