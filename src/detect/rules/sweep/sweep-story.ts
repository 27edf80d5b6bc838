/** The story of one source's sweep, over all the ports it sweeps by one protocol, and how it is told. */
import { IpProtocol, protocolName } from '../../../net/protocol.ts'
import type { Detection } from '../../detection.ts'
import { MAX_VICTIMS, Story } from '../state/story.ts'
import { confidenceOf, counted, grouped, listed, spanOf } from '../state/wording.ts'
import type { SweepGroup } from './sweep-group.ts'

const MAX_PORTS_LISTED = 8

export class SweepStory {
  readonly key: number
  readonly story: Story
  readonly #attacker: string
  readonly #protocol: number
  readonly #groups = new Set<SweepGroup>()
  readonly #ports = new Set<number>()
  #departedHosts = 0
  #departedAnswered = 0

  constructor(key: number, group: SweepGroup) {
    this.key = key
    this.#attacker = group.parties.attacker
    this.#protocol = group.parties.protocol
    this.story = new Story(group.firstUs, group.lastUs)
  }

  get lastUs(): number {
    return this.story.lastUs
  }

  join(group: SweepGroup): void {
    group.storyKey = this.key
    this.#groups.add(group)
    if (this.#ports.size < MAX_PORTS_LISTED) this.#ports.add(group.parties.port)
    for (const host of group.hostAddresses(MAX_VICTIMS)) this.story.addVictim(host)
    this.goesOn(group.lastUs)
  }

  goesOn(nowUs: number): void {
    this.story.lastUs = Math.max(this.story.lastUs, nowUs)
  }

  /** The group's row is being forgotten: only its numbers stay. */
  depart(group: SweepGroup): void {
    if (!this.#groups.delete(group)) return
    this.#departedHosts += group.hostsTried
    this.#departedAnswered += group.hostsAnswered
  }

  /** Tries so far; a host tried on two ports is two. */
  get tries(): number {
    let tries = this.#departedHosts
    for (const group of this.#groups) tries += group.hostsTried
    return tries
  }

  get #answered(): number {
    let answered = this.#departedAnswered
    for (const group of this.#groups) answered += group.hostsAnswered
    return answered
  }

  tell(isFinal: boolean): Detection {
    const tries = this.tries
    const answered = this.#answered
    const span = spanOf(this.story.lastUs - this.story.firstUs)
    const means = sweepMeans(this.#protocol)
    return {
      id: this.story.id,
      detector: 'sweep',
      kind: `sweep.${means}`,
      family: 'sweep',
      severity: means === 'icmp' ? 4 : 5,
      confidence: confidenceOf(0.75, tries - answered - 12, 20),
      attacker: this.#attacker,
      victims: [...this.story.victims],
      host: null,
      domain: null,
      firstSeenUs: this.story.firstUs,
      lastSeenUs: this.story.lastUs,
      count: tries,
      summary: `${counted(tries, 'address', 'addresses')} ${this.#how(means)} in ${span}, ${grouped(tries - answered)} without success`,
      reasons: [
        { feature: 'distinctHosts', value: tries, baseline: null, weight: 0.6 },
        { feature: 'failedHosts', value: tries - answered, baseline: null, weight: 0.4 },
      ],
      mitre: ['T1018', 'T1595.001'],
      flows: [...this.story.flows],
      port: this.story.port,
      isFinal,
    }
  }

  /** For the sentence: `tried on tcp port 22 and 23`. */
  #how(means: SweepMeans): string {
    if (means === 'icmp') return 'pinged'
    if (means === 'ip') return `tried by IP protocol ${protocolName(this.#protocol)}`
    const ports = [...this.#ports].sort((one, other) => one - other).map(String)
    return `tried on ${means} port ${listed(ports, ports.length, MAX_PORTS_LISTED)}`
  }
}

type SweepMeans = 'icmp' | 'tcp' | 'udp' | 'sctp' | 'ip'

function sweepMeans(protocol: number): SweepMeans {
  switch (protocol) {
    case IpProtocol.TCP:
      return 'tcp'
    case IpProtocol.UDP:
      return 'udp'
    case IpProtocol.SCTP:
      return 'sctp'
    case IpProtocol.ICMP:
    case IpProtocol.ICMPV6:
      return 'icmp'
    default:
      return 'ip'
  }
}
