/**
 * Detects who takes the routes of a link over: a newcomer among its routers that brings routes (OSPF, EIGRP), the
 * very routes of others or the way to everywhere (RIP), and who makes itself master beside a living one (VRRP).
 *
 * Routers stay for years, and say so every few seconds; without passwords, anybody may join them. A new one that is
 * honest is rare, and somebody knows of it. A router that was away for less than half an hour is no newcomer.
 * Left out: who joins within a capture's first words; a VRRP router of a higher priority than the living
 * master's, which is how a master comes back.
 */
import type { Packet } from '../../../../decode/index.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { sourceAddress, sourceHash } from '../../state/packet-address.ts'
import { mix, pairKey } from '../../state/pair-key.ts'
import type { Stories } from '../../state/stories.ts'
import { type Suspect, type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { RouterSpoofingConfig } from '../config.ts'
import { routerTalkOf, type RipRoute, type RouterTalk } from './router-talk.ts'

/**
 * Who is heard within this long of a group's first word was there before: RIP speaks every half minute, OSPF every ten
 * seconds and EIGRP every five.
 */
const LEARN_US = { RIP: 60_000_000, OSPF: 40_000_000, EIGRP: 20_000_000 } as const
/** A master of VRRP speaks every second; within this long of its last word it is alive. */
const ALIVE_US = 4_000_000
/** Words of both, by turns: a new master and the old one cross once at a hand-over. */
const MIN_TURNS = 3
const OWNER_PRIORITY = 255
const MAX_GROUPS = 256
const MAX_SPEAKERS = 1024
const MAX_ROUTES = 8192
const MAX_STORIES = 128

type VrrpTalk = Extract<RouterTalk, { protocol: 'VRRP' }>

interface Group extends Row {
  readonly firstUs: number
  /** Who spoke last of those who are at home here; VRRP: the master. */
  source: number
  text: string
  /** VRRP: the master's last word, and its priority. */
  homeUs: number
  priority: number
  /** Whether the master has spoken since a rival did, and how often it had when one did again. */
  hasAnswered: boolean
  turns: number
}

interface Speaker extends Row {
  isNewcomer: boolean
}

interface Route extends Row {
  readonly source: number
  readonly metric: number
}

interface Usurper extends Suspect {
  readonly attacker: string
  readonly victim: string
  readonly protocol: RouterTalk['protocol']
  severity: number
  how: string
}

export class RoutingSpeakers implements Detector {
  readonly name = 'routing-speakers'
  readonly watches = ['udp', 'other'] as const
  readonly memories: readonly Memory[]
  readonly #groups: FadingTable<Group>
  readonly #speakers: FadingTable<Speaker>
  readonly #routes: FadingTable<Route>
  readonly #stories: Stories<Usurper>

  constructor(config: RouterSpoofingConfig, emit: Emit) {
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#groups = new FadingTable(MAX_GROUPS, forgetAfterUs)
    this.#speakers = new FadingTable(MAX_SPEAKERS, forgetAfterUs)
    this.#routes = new FadingTable(MAX_ROUTES, forgetAfterUs)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#groups, this.#speakers, this.#routes]
  }

  packet(packet: Packet): void {
    const talk = routerTalkOf(packet)
    if (talk === null) return
    const key = groupKey(packet, talk)
    const source = sourceHash(packet)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { ...{ firstUs: packet.timestampUs, lastUs: packet.timestampUs }, ...{ source, text: sourceAddress(packet), homeUs: packet.timestampUs, priority: 0, hasAnswered: false, turns: 0 } } // prettier-ignore
      this.#groups.set(key, group)
    }
    if (talk.protocol === 'VRRP') this.#claims(packet, talk, group, pairKey(source, key, 20))
    else this.#speaks(packet, talk, group, pairKey(source, key, 21))
    group.lastUs = Math.max(group.lastUs, packet.timestampUs)
  }

  #claims(packet: Packet, talk: VrrpTalk, group: Group, key: number): void {
    const source = sourceHash(packet)
    const { priority } = talk
    if (source === group.source) {
      Object.assign(group, { homeUs: packet.timestampUs, priority, hasAnswered: true })
    } else if (this.#stories.get(key) !== undefined) this.#goesOn(packet, key)
    else if (group.priority === 0 || packet.timestampUs - group.homeUs > ALIVE_US) {
      const home = { source, text: sourceAddress(packet), homeUs: packet.timestampUs }
      Object.assign(group, { ...home, priority, hasAnswered: false, turns: 0 })
    } else this.#rivals(packet, talk, group, key)
  }

  /** Another than the master calls itself that while the master lives. */
  #rivals(packet: Packet, { priority, isOwner }: VrrpTalk, group: Group, key: number): void {
    if (group.hasAnswered) group.turns += 1
    group.hasAnswered = false
    if (priority === OWNER_PRIORITY && !isOwner && group.priority < OWNER_PRIORITY) {
      const how = `makes itself master as if it owned the address (priority ${priority})`
      this.#begin(packet, key, group, { protocol: 'VRRP', severity: 5, how })
    } else if (group.turns >= MIN_TURNS) {
      const how = `calls itself master beside it (priority ${priority})`
      this.#begin(packet, key, group, { protocol: 'VRRP', severity: 4, how })
    }
  }

  #speaks(packet: Packet, talk: Exclude<RouterTalk, VrrpTalk>, group: Group, key: number): void {
    const nowUs = packet.timestampUs
    const source = sourceHash(packet)
    let speaker = this.#speakers.get(key)
    if (speaker === undefined) {
      speaker = { lastUs: nowUs, isNewcomer: nowUs - group.firstUs > LEARN_US[talk.protocol] }
      this.#speakers.set(key, speaker)
    }
    speaker.lastUs = Math.max(speaker.lastUs, nowUs)
    if (!speaker.isNewcomer) {
      if (group.source !== source) Object.assign(group, { source, text: sourceAddress(packet) })
      if (talk.protocol === 'RIP') this.#learn(talk.routes, source, nowUs)
    } else if (this.#stories.get(key) !== undefined) this.#goesOn(packet, key)
    else if (talk.protocol === 'RIP') this.#pours(packet, talk.routes, group, key)
    else if (talk.bringsRoutes) {
      this.#begin(packet, key, group, { protocol: talk.protocol, severity: 4, how: 'joins them and brings routes' }) // prettier-ignore
    }
  }

  #learn(routes: readonly RipRoute[], source: number, lastUs: number): void {
    for (const { key, metric } of routes) this.#routes.set(key, { source, metric, lastUs })
  }

  #pours(packet: Packet, routes: readonly RipRoute[], group: Group, key: number): void {
    const takesDefault = routes.some(({ isDefault }) => isDefault)
    const takesOthers = routes.some(({ key: route, metric }) => {
      const known = this.#routes.get(route)
      return known !== undefined && metric <= known.metric
    })
    if (!takesDefault && !takesOthers) return
    const how = takesDefault
      ? 'offers the way to everywhere'
      : 'offers a way as short to where they lead'
    this.#begin(packet, key, group, { protocol: 'RIP', severity: 5, how })
  }

  #begin(
    packet: Packet,
    key: number,
    group: Group,
    found: Pick<Usurper, 'protocol' | 'severity' | 'how'>,
  ): void {
    const parties = { attacker: sourceAddress(packet), victim: group.text }
    const times = { firstUs: packet.timestampUs, lastUs: packet.timestampUs }
    this.#stories.add(key, { ...parties, ...found, ...times, count: 0, story: null })
    this.#goesOn(packet, key)
  }

  #goesOn({ timestampUs }: Packet, key: number): void {
    const usurper = this.#stories.get(key)!
    usurper.lastUs = Math.max(usurper.lastUs, timestampUs)
    usurper.count += 1
    this.#stories.tell(usurper, timestampUs)
  }
}

/** A capture of several links holds the same group in each; there the first 24 bits of the speakers differ. */
function groupKey(packet: Packet, { protocol, group }: RouterTalk): number {
  return pairKey(
    mix(packet.source3 >>> 8, group),
    packet.vlan,
    packet.protocol * 4 + protocol.length,
  )
}

function tell({
  attacker,
  victim,
  protocol,
  severity,
  how,
  count,
  firstUs,
  lastUs,
}: Usurper): Telling {
  return {
    kind: 'spoofing.routing',
    severity,
    confidence: confidenceOf(0.7, count - 1, 8),
    attacker,
    victims: [victim],
    summary: `${attacker}, new among the routers of ${victim} (${protocol}), ${how}: ${counted(count, 'message')} in ${spanOf(lastUs - firstUs)}`,
    reasons: [{ feature: 'newSpeaker', value: protocol, baseline: null, weight: 1 }],
    mitre: ['T1557', 'T1565.002'],
  }
}
