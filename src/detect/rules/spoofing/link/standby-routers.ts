/**
 * Detects a router group being taken over: who was never heard to stand by calls itself the active router while
 * the active one still speaks (HSRP).
 *
 * An honest router listens, speaks and stands by before it takes over, each with a message that says so; a tool goes
 * straight to the top. Left out: VRRP, where whoever speaks is the master; GLBP.
 * Source: RFC 2281 §5 (states, coup); Cisco's HSRP version 2, as Wireshark reads it.
 */
import { readInt32 } from '../../../../decode/index.ts'
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
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

const PORT = 1985
/** Two versions: the fields' places, and the number of the state in which a router is active. */
const FIRST = { length: 20, state: 2, priority: 5, group: 6, address: 16, active: 16 } as const
const SECOND = { length: 42, state: 4, priority: 17, group: 7, address: 26, active: 6 } as const
const STATE_TLV = 1
/** Hellos come every three seconds; who was heard within this long is alive. */
const ALIVE_US = 10_000_000
const MAX_GROUPS = 256
const MAX_ROUTERS = 1024
const MAX_STORIES = 128

interface Group extends Row {
  active: number
  text: string
}

interface Usurper extends Suspect {
  readonly attacker: string
  readonly victim: string
  readonly priority: number
}

export class StandbyRouters implements Detector {
  readonly name = 'standby-routers'
  readonly watches = ['udp'] as const
  readonly memories: readonly Memory[]
  readonly #groups: FadingTable<Group>
  /** Routers heard in a group in any other state than active. */
  readonly #waiting: FadingTable<Row>
  readonly #stories: Stories<Usurper>

  constructor(config: RouterSpoofingConfig, emit: Emit) {
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#groups = new FadingTable(MAX_GROUPS, forgetAfterUs)
    this.#waiting = new FadingTable(MAX_ROUTERS, forgetAfterUs)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#groups, this.#waiting]
  }

  packet(packet: Packet): void {
    if (packet.destinationPort !== PORT || packet.kind !== PacketKind.IP) return
    const { buffer, payloadOffset: at } = packet
    const version = buffer[at] === STATE_TLV && packet.payloadCaptured >= SECOND.length ? SECOND : FIRST // prettier-ignore
    if (packet.payloadCaptured < version.length) return
    // A capture of several networks holds a group of the same number in each, with an address of its own.
    const address = readInt32(buffer, at + version.address)
    const group = pairKey(mix(buffer[at + version.group]!, address), packet.vlan, 18)
    const router = pairKey(sourceHash(packet), group, 19)
    if (buffer[at + version.state] === version.active) {
      this.#isActive(packet, group, router, buffer[at + version.priority]!)
    } else this.#waiting.set(router, { lastUs: packet.timestampUs })
  }

  #isActive(packet: Packet, key: number, router: number, priority: number): void {
    const nowUs = packet.timestampUs
    const source = sourceHash(packet)
    const group = this.#groups.get(key)
    const usurper = this.#stories.get(router)
    if (usurper !== undefined) this.#goesOn(usurper, nowUs)
    else if (group === undefined || nowUs - group.lastUs > ALIVE_US || this.#waiting.get(router)) {
      this.#groups.set(key, { active: source, text: sourceAddress(packet), lastUs: nowUs })
    } else if (group.active === source) group.lastUs = Math.max(group.lastUs, nowUs)
    else {
      const parties = { attacker: sourceAddress(packet), victim: group.text, priority }
      const found = { ...parties, firstUs: nowUs, lastUs: nowUs, count: 0, story: null }
      this.#goesOn(this.#stories.add(router, found), nowUs)
    }
  }

  #goesOn(usurper: Usurper, nowUs: number): void {
    usurper.lastUs = Math.max(usurper.lastUs, nowUs)
    usurper.count += 1
    this.#stories.tell(usurper, nowUs)
  }
}

function tell({ attacker, victim, priority, count, firstUs, lastUs }: Usurper): Telling {
  return {
    kind: 'spoofing.standby-router',
    severity: 6,
    confidence: confidenceOf(0.8, count - 1, 4),
    attacker,
    victims: [victim],
    summary: `${attacker}, never heard to stand by, takes the router group of ${victim} over while that still serves it: ${counted(count, 'message')} of priority ${priority} in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'activeClaims', value: count, baseline: 0, weight: 0.7 },
      { feature: 'priority', value: priority, baseline: 100, weight: 0.3 },
    ],
    mitre: ['T1557'],
  }
}
