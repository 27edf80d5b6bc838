/**
 * Detects floods of questions to a name server: for ever new names beneath one domain that are not there (water
 * torture, random subdomains), or for one name by ever new askers.
 *
 * Names come back from caches; whoever asks for a thousand names that do not exist wants none of them. Left out:
 * a host that asks its own resolver a little, which is a tunnel or a search; questions within TLS.
 * Source: RFC 8020, RFC 8198 §6; Luo et al., A Large-Scale Analysis of Random Subdomain Attacks (2018).
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { originatorHash, responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import { registeredDomainAt } from '../../../../net/registered-domain.ts'
import type { DnsFloodConfig } from '../config.ts'
import { DnsVictim } from './dns-victim.ts'

/** Questions about one domain within two seconds from which its server is watched. */
const WATCH_FROM = 60

const HEARS = ['dns'] as const

export class DnsFlood implements Detector {
  readonly name = 'dns-flood'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: DnsFloodConfig
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<DnsVictim>

  constructor(config: DnsFloodConfig, emit: Emit) {
    this.#config = config
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  /** Counts the questions of what was told about a server, by the hash of its address. */
  toldOf(server: number): number {
    let questions = 0
    for (const victim of this.#victims.values()) {
      if (victim.server === server && victim.story !== null) questions += victim.count
    }
    return questions
  }

  flowSpoke(flow: LiveFlow, { query, isResponse, rcode }: Heard<typeof HEARS>): void {
    if (query === null) return
    const domain = query.slice(registeredDomainAt(query))
    if (domain === '') return
    const server = responderHash(flow)
    const key = mix(server, textHash(domain))
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, flow.lastUs) < WATCH_FROM) return
      victim = new DnsVictim(server, flow.responderAddress(), domain, this.#config)
      this.#victims.watch(key, victim)
    }
    if (isResponse) victim.answered(rcode ?? '')
    else victim.asked(flow, originatorHash(flow), textHash(query))
  }
}
