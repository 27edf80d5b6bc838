/**
 * Detects a false root of the spanning tree: a bridge that nobody knew calls itself the root while the root still
 * speaks, so that the link's traffic goes through it.
 *
 * A root that died has been silent for its maximum age (20 s) before another takes over, and switches that start up
 * together each call themselves the root until they have heard of a better one: a root that was heard for a few
 * hellos and gives in may be such, and its loss is only noted. A switch put in with a better priority later looks like
 * the attack, and is as much worth knowing. Left out: topology changes, and trees of single VLANs (PVST+).
 * Source: IEEE 802.1D-2004 §9.3; Marro, Attacks at the Data Link Layer (2003).
 */
import { readUint48 } from '../../../../decode/index.ts'
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { mix, pairKey } from '../../state/pair-key.ts'
import type { Stories } from '../../state/stories.ts'
import { type Suspect, type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { RouterSpoofingConfig } from '../config.ts'
import { formatMac } from '../neighbour/mac.ts'
import type { Neighbours } from '../neighbour/neighbours.ts'

/** The group that bridges speak to (IEEE 802.1D §7.12.3). */
const BRIDGES = 0x0180c2000000
/** Behind LLC: protocol, version, type, flags, then the root and the bridge, each priority and MAC. */
const LLC = 3
const TYPE = LLC + 3
const ROOT = LLC + 5
const BRIDGE = LLC + 17
const LENGTH = LLC + 35
const CONFIGURATION = 0
const RAPID = 2
const PRIORITY = 2
/** A root says so every two seconds; one that was heard within this long is alive. */
const ALIVE_US = 8_000_000
const MAX_LINKS = 64
const MAX_STORIES = 128

/** The tree of one link. */
interface Tree extends Row {
  root: number
  /** When it was first heard as such. */
  sinceUs: number
  /** The root's own card, where it was heard itself; else of who passes it on. */
  card: number
}

interface FalseRoot extends Suspect {
  readonly mac: number
  readonly root: number
  /** The former root had been one for longer than two switches of one link need to agree, or does not give in. */
  isSettled: boolean
  readonly attacker: string | null
}

export class SpanningTree implements Detector {
  readonly name = 'spanning-tree'
  readonly watches = ['other'] as const
  readonly memories: readonly Memory[]
  readonly #neighbours: Neighbours
  readonly #trees: FadingTable<Tree>
  readonly #stories: Stories<FalseRoot>

  constructor(config: RouterSpoofingConfig, neighbours: Neighbours, emit: Emit) {
    this.#neighbours = neighbours
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#trees = new FadingTable(MAX_LINKS, forgetAfterUs)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#trees]
  }

  packet(packet: Packet): void {
    if (packet.destinationMac !== BRIDGES || packet.kind !== PacketKind.OTHER) return
    if (packet.payloadCaptured < LENGTH) return
    const { buffer, payloadOffset: at, timestampUs: nowUs } = packet
    const type = buffer[at + TYPE]
    if (type !== CONFIGURATION && type !== RAPID) return
    const root = identifierAt(buffer, at + ROOT)
    const isOwn = root === identifierAt(buffer, at + BRIDGE)
    const tree = this.#trees.get(packet.vlan)
    if (tree === undefined) {
      this.#trees.set(packet.vlan, { root, card: packet.sourceMac, sinceUs: nowUs, lastUs: nowUs })
      return
    }
    const own = this.#stories.get(keyOf(packet))
    if (root === tree.root) tree.lastUs = Math.max(tree.lastUs, nowUs)
    if (own !== undefined) this.#goesOn(own, nowUs)
    else if (root === tree.root) return
    else if (isOwn && root < tree.root && packet.sourceMac !== tree.card) this.#claims(tree, packet)
    else if (nowUs - tree.lastUs > ALIVE_US) adopt(tree, root, packet)
    else if (isOwn) this.#objects(tree, root, packet)
  }

  #claims(tree: Tree, packet: Packet): void {
    const nowUs = packet.timestampUs
    const { sourceMac: mac, vlan } = packet
    const former = tree.root
    const isSettled = tree.lastUs - tree.sinceUs >= ALIVE_US
    const isAlive = nowUs - tree.lastUs <= ALIVE_US
    // Of an election each better one is the root until the next; a settled tree goes on beside its claimant.
    if (!isAlive || !isSettled) {
      adopt(tree, identifierAt(packet.buffer, packet.payloadOffset + ROOT), packet)
    }
    if (!isAlive) return
    const attacker = this.#neighbours.stationOf(mac, vlan)?.honestAddress() ?? null
    const found = { mac, root: former, isSettled, attacker, firstUs: nowUs, lastUs: nowUs }
    this.#goesOn(this.#stories.add(keyOf(packet), { ...found, count: 0, story: null }), nowUs)
  }

  /** A worse root than the tree's goes on calling itself the root: it had not agreed. */
  #objects(tree: Tree, root: number, packet: Packet): void {
    const claimant = this.#stories.get(keyOf({ sourceMac: tree.card, vlan: packet.vlan }))
    if (claimant === undefined || claimant.root !== root) return
    if (packet.timestampUs - claimant.firstUs > ALIVE_US) claimant.isSettled = true
  }

  #goesOn(claimant: FalseRoot, nowUs: number): void {
    claimant.lastUs = Math.max(claimant.lastUs, nowUs)
    claimant.count += 1
    this.#stories.tell(claimant, nowUs)
  }
}

function adopt(tree: Tree, root: number, { sourceMac: card, timestampUs: nowUs }: Packet): void {
  Object.assign(tree, { root, card, sinceUs: nowUs, lastUs: nowUs })
}

const keyOf = ({ sourceMac, vlan }: Pick<Packet, 'sourceMac' | 'vlan'>): number =>
  pairKey(mix(sourceMac | 0, Math.floor(sourceMac / 2 ** 32)), vlan, 16)

/** The priority's first four bits, the rest of which is the VLAN's number, then the MAC: 52 bits, which are exact. */
function identifierAt(buffer: Uint8Array, at: number): number {
  return (buffer[at]! >>> 4) * 2 ** 48 + readUint48(buffer, at + PRIORITY)
}

function tell({ mac, root, isSettled, attacker, count, firstUs, lastUs }: FalseRoot): Telling {
  const former = formatMac(root % 2 ** 48)
  return {
    kind: 'spoofing.spanning-tree',
    severity: isSettled ? 5 : 3,
    confidence: isSettled ? confidenceOf(0.7, count - 1, 4) : 0.4,
    attacker,
    victims: [],
    summary: `${formatMac(mac)} calls itself the root of the spanning tree while ${former} still speaks as such: ${counted(count, 'claim')} in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'rootClaims', value: count, baseline: 0, weight: 0.7 },
      { feature: 'mac', value: formatMac(mac), baseline: null, weight: 0.3 },
    ],
    mitre: ['T1557'],
  }
}
