/**
 * Detects version probing: one port of a host that one client speaks to in many languages.
 *
 * Whoever wants to know what listens (nmap -sV, amap) tries HTTP, TLS, DNS, SMB and RDP on one port until
 * something answers. Programs know which protocol they speak; a port shared by several (sslh: TLS, SSH,
 * HTTP) is visited by one client in two or three.
 * Left out: services that greet first, which such tools believe at once.
 */
import { IpProtocol } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { spanOf } from '../../state/wording.ts'

/** Places of the table in which languages are gathered; whoever meets another's port there begins anew. */
const PLACES = 16384
const MIN_LANGUAGES = 4
const WITHIN_US = 600_000_000
const MAX_STORIES = 512

interface ProbedHost extends Row {
  readonly attacker: string
  readonly victim: string
  readonly ports: Set<number>
  readonly story: Story
  languages: number
}

export class ServiceProbing implements Detector {
  readonly name = 'service-probing'
  readonly #emit: Emit
  /** By place: which client and port stand there, the applications spoken as bits, since when. */
  readonly #keys = new Float64Array(PLACES)
  readonly #spoken = new Uint32Array(PLACES)
  readonly #sinceUs = new Float64Array(PLACES)
  readonly #hosts = new FadingTable<ProbedHost>(MAX_STORIES, WITHIN_US, (host) =>
    this.#tell(host, true),
  )
  readonly memories = [this.#hosts]

  constructor(emit: Emit) {
    this.#emit = emit
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.application === 0 || flow.protocol !== IpProtocol.TCP) return
    // In mid-stream nobody knows who asked whom.
    if (flow.openingTcpFlags !== 2) return
    const key = pairKey(flow.originatorKey, flow.responderKey, flow.responderPort)
    const place = key % PLACES
    const isOld = flow.lastUs - this.#sinceUs[place]! > WITHIN_US
    if (this.#keys[place] !== key || isOld) {
      this.#keys[place] = key
      this.#spoken[place] = 0
      this.#sinceUs[place] = flow.startUs
    }
    const before = this.#spoken[place]!
    const spoken = (before | (1 << (flow.application & 31))) >>> 0
    if (spoken === before) return
    this.#spoken[place] = spoken
    const languages = bitsOf(spoken)
    if (languages >= MIN_LANGUAGES) this.#note(flow, languages, this.#sinceUs[place]!)
  }

  #note(flow: LiveFlow, languages: number, sinceUs: number): void {
    const key = pairKey(flow.originatorKey, flow.responderKey, 7)
    let host = this.#hosts.get(key)
    if (host === undefined) {
      const story = new Story(sinceUs, flow.lastUs)
      const [attacker, victim] = [flow.originatorAddress(), flow.responderAddress()]
      story.addVictim(victim)
      host = { attacker, victim, lastUs: flow.lastUs, ports: new Set(), story, languages: 0 }
      this.#hosts.set(key, host)
    }
    host.lastUs = Math.max(host.lastUs, flow.lastUs)
    host.ports.add(flow.responderPort)
    host.languages = Math.max(host.languages, languages)
    host.story.addFlow(flow)
    if (host.story.isDue(host.languages * host.ports.size, flow.lastUs)) this.#tell(host, false)
  }

  #tell(host: ProbedHost, isFinal: boolean): void {
    const { story, attacker, victim, ports, languages } = host
    const count = languages * ports.size
    story.told(count, host.lastUs)
    const where = ports.size === 1 ? `port ${[...ports].join('')}` : `each of ${ports.size} ports`
    this.#emit({
      id: story.id,
      detector: 'port-scan',
      kind: 'scan.service',
      family: 'scan',
      severity: 5,
      confidence: 0.85,
      attacker,
      victims: [victim],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: host.lastUs,
      count,
      summary: `${attacker} spoke to ${where} of ${victim} in up to ${languages} protocols in ${spanOf(host.lastUs - story.firstUs)} to find out what listens; programs speak one`,
      reasons: [
        { feature: 'protocolsOnOnePort', value: languages, baseline: MIN_LANGUAGES, weight: 0.8 },
        { feature: 'distinctPorts', value: ports.size, baseline: null, weight: 0.2 },
      ],
      mitre: ['T1046', 'T1595.002'],
      flows: [...story.flows],
      port: story.port,
      isFinal,
    })
  }
}

function bitsOf(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1
  return count
}
