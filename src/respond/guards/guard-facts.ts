/** Gathers what the guards protect, anew for each order, from the host and the configuration. */
import { systemClock } from '../../core/clock.ts'
import type { PolicyConfig } from '../../decide/config.ts'
import { inForce, readAllowlist } from '../../decide/index.ts'
import { readAdministrators } from './administrators.ts'
import type { RespondConfig } from '../config.ts'
import { guardAll, type GuardedRange, type GuardFacts } from './refusal.ts'
import { readHostFacts } from './host-facts.ts'
import { resolveHosts } from './resolved-hosts.ts'
import { readProviders } from './time-servers.ts'

/** An entry that somebody put on the allowlist while the agent runs. */
export interface AllowedNow {
  readonly range: string
  readonly comment: string
}

export interface GuardSources {
  readonly config: Pick<RespondConfig, 'minPrefix4' | 'minPrefix6' | 'guardedHosts'>
  /** `policy.allowlist`. */
  readonly allowlist: PolicyConfig['allowlist']
  /** What was put on the allowlist since, as it is now; absent where whoever asks looks at it by itself. */
  readonly allowedNow?: () => readonly AllowedNow[]
  /** Names or addresses of the SIEMs that events are sent to. */
  readonly sinkHosts: readonly string[]
}

/**
 * Makes the function that gathers the facts.
 *
 * Errors: `ERR_CONFIG_INVALID` at once for an allowlist entry that is no range. The function rejects when the host can't be read: then nothing is blocked.
 */
export function createGuardFacts(sources: GuardSources): () => Promise<GuardFacts> {
  const { minPrefix4, minPrefix6, guardedHosts } = sources.config
  const allowlist = readAllowlist(sources.allowlist)
  const resolveSinks = resolveHosts(() => sources.sinkHosts)
  const resolvePeers = resolveHosts(() => guardedHosts)
  let timeServers: readonly string[] = []
  const resolveTimeServers = resolveHosts(() => timeServers)
  return async () => {
    const [host, administrators, providers, sinks, peers] = await Promise.all([
      ...([readHostFacts(), readAdministrators(), readProviders()] as const),
      ...([resolveSinks(), resolvePeers()] as const),
    ])
    timeServers = providers.timeServers
    const guarded = [
      ...guardAll('own-address', host.ownAddresses),
      ...guardAll('gateway', host.gateways),
      ...guardAll('resolver', host.resolvers),
      ...guardAll('dhcp-server', providers.dhcpServers),
      ...guardAll('time-server', await resolveTimeServers()),
      ...guardAll('sink', sinks),
      ...guardAll('peer', peers),
      ...inForce(allowlist, systemClock.nowMs()).map(configured),
      ...guardAllowed(sources.allowedNow?.() ?? []),
      ...guardAll('administrator', administrators),
    ]
    return { minPrefix4, minPrefix6, guarded }
  }
}

/** Gives the guards of these entries. */
export function guardAllowed(entries: readonly AllowedNow[]): readonly GuardedRange[] {
  return entries.flatMap(({ range, comment }) =>
    guardAll('allowlist', [range]).map((guarded) => ({ ...guarded, comment })),
  )
}

function configured({ range, comment }: ReturnType<typeof inForce>[number]): GuardedRange {
  return { guard: 'allowlist', range, ...(comment === null ? {} : { comment }) }
}
