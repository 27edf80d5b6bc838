/** What runs here and on what: the agent, its host, and the configuration in force. */
import { arch, hostname, networkInterfaces, release, type, uptime } from 'node:os'
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339FromUs, type Clock } from '../../../core/clock.ts'
import type { Handler } from '../../contract/contract.ts'
import { withoutSecrets } from './secrets.ts'

type Health = components['schemas']['Health']

export interface StatusParts {
  readonly health: () => Health
  readonly clock: Clock
  /** The whole configuration in force. */
  readonly settings: object
  readonly directory: string
}

/** Serves `getAgent`, `getHost` and `getConfig`. */
export function statusHandlers({ health, clock, settings, directory }: StatusParts): {
  getAgent: Handler<'getAgent'>
  getHost: Handler<'getHost'>
  getConfig: Handler<'getConfig'>
} {
  const now = (): string => rfc3339FromUs(clock.nowMs() * 1000)
  return {
    getAgent: () => {
      const { status, version, agent = null, startedAt = null, problems = [] } = health()
      const program = { pid: process.pid, node: process.versions.node, dataDirectory: directory }
      const body = { id: agent, status, version, startedAt, now: now(), problems, ...program }
      return { status: 200, body }
    },
    getHost: () => {
      const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
        (list ?? []).map(({ cidr, address }) => ({ interface: name, address: cidr ?? address })),
      )
      const system = { system: type(), release: release(), architecture: arch() }
      const means = health().host ?? null
      const bootedAt = rfc3339FromUs(Math.round(clock.nowMs() - uptime() * 1000) * 1000)
      return {
        status: 200,
        body: { hostname: hostname(), ...system, bootedAt, now: now(), addresses, means },
      }
    },
    getConfig: () => ({ status: 200, body: withoutSecrets(settings) as Record<string, never> }),
  }
}
