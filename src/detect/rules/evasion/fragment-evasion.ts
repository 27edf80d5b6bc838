/**
 * Detects fragments that no honest sender makes: those that overlap, those that end beyond 65,535 bytes, and
 * those that cut TCP smaller than any path does, its header or its words.
 *
 * They show whoever watches other bytes than the receiver takes: nmap -f and
 * --mtu 8, fragroute, teardrop; the ping of death and jolt write past the end of the receiver's buffer.
 * The decoder tells copies and reused identifications apart from quarrels, so one overlap is enough.
 * Source: RFC 1858, RFC 3128, RFC 5722; Ptacek and Newsham, "Insertion, Evasion, and Denial of Service" (1998).
 */
import { FragmentFault, type Packet } from '../../../decode/packet.ts'
import type { Detection } from '../../detection.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { FragmentsConfig } from './config.ts'
import { CappedTable } from '../state/tables/capped-table.ts'
import {
  destinationAddress,
  destinationHash,
  sourceAddress,
  sourceHash,
} from '../state/packet-address.ts'
import { pairKey } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { Kind } from '../../told-names.ts'

const MAX_SUSPECTS = 512
const MAX_CROWDS = 256
/** Senders to one victim that are told by name; more than this are forged, or might as well be. */
const FEW_SENDERS = 1

interface Fault {
  readonly bit: number
  readonly kind: Kind
  readonly severity: number
  /** Fragments of the fault that are no accident: a tiny first one always has a second behind it. */
  readonly enough: number
  readonly feature: string
  readonly words: string
}

const FAULTS: readonly Fault[] = [
  {
    bit: FragmentFault.OVERLAP,
    kind: 'evasion.overlapping-fragments',
    severity: 5,
    enough: 1,
    feature: 'overlappingFragments',
    words: 'with bytes that others had brought otherwise',
  },
  {
    bit: FragmentFault.OVERSIZED,
    kind: 'evasion.oversized-fragments',
    severity: 5,
    enough: 1,
    feature: 'oversizedFragments',
    words: 'that end beyond the longest packet there can be',
  },
  {
    bit: FragmentFault.TINY,
    kind: 'evasion.tiny-fragments',
    severity: 4,
    enough: 2,
    feature: 'tinyFragments',
    words: 'that cut TCP smaller than any path does',
  },
]

/** What many senders do to one victim: whoever evades wants answers, so this is garbage, of whatever sort. */
const OF_MANY: Fault = {
  bit: 0,
  kind: 'evasion.malformed-fragments',
  severity: 5,
  enough: 1,
  feature: 'malformedFragments',
  words: 'that overlap, end beyond the longest packet or cut TCP too small, from many senders,',
}

interface Suspect {
  readonly fault: Fault
  /** Null where many do it. */
  readonly attacker: string | null
  readonly victim: string
  firstUs: number
  lastUs: number
  count: number
  story: Story | null
}

/** All who send one victim faulty fragments. */
interface Crowd {
  lastUs: number
  /** Hashes of the first ones. */
  readonly senders: Set<number>
  /** Keys of those kept under suspicion by themselves. */
  readonly suspects: number[]
}

export class FragmentEvasion implements Detector {
  readonly name = 'fragments'
  readonly watches = ['fragment'] as const
  readonly memories: readonly Memory[]
  readonly #config: FragmentsConfig
  readonly #emit: Emit
  readonly #suspects: CappedTable<Suspect>
  readonly #crowds = new CappedTable<Crowd>(MAX_CROWDS)

  constructor(config: FragmentsConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#suspects = new CappedTable(MAX_SUSPECTS, (suspect) => this.#finish(suspect))
    this.memories = [this.#suspects]
  }

  packet(packet: Packet): void {
    if (packet.fragmentFault === 0) return
    for (const fault of FAULTS) {
      if ((packet.fragmentFault & fault.bit) !== 0) this.#note(fault, packet)
    }
  }

  tick(nowUs: number): void {
    for (const suspect of this.#suspects.values()) this.#tellIfDue(suspect, nowUs)
    const beforeUs = nowUs - this.#config.forgetAfterSeconds * 1e6
    this.#suspects.expire(beforeUs, (suspect) => this.#finish(suspect))
    this.#crowds.expire(beforeUs)
  }

  end(): void {
    this.#suspects.expire(Number.POSITIVE_INFINITY, (suspect) => this.#finish(suspect))
  }

  #note(fault: Fault, packet: Packet): void {
    const nowUs = packet.timestampUs
    const suspect = this.#suspectOf(fault, packet)
    suspect.lastUs = Math.max(suspect.lastUs, nowUs)
    suspect.count += 1
    if (suspect.story === null && suspect.count >= fault.enough) {
      suspect.story = new Story(suspect.firstUs, nowUs)
    }
    this.#tellIfDue(suspect, nowUs)
  }

  #suspectOf(fault: Fault, packet: Packet): Suspect {
    const key = pairKey(sourceHash(packet), destinationHash(packet), fault.bit)
    const known = this.#suspects.get(key)
    if (known !== undefined) return known
    const crowdKey = pairKey(0, destinationHash(packet), 0)
    const crowd = this.#crowdOf(crowdKey, packet)
    if (crowd.senders.size <= FEW_SENDERS) {
      crowd.suspects.push(key)
      return this.#suspect(key, fault, packet, sourceAddress(packet))
    }
    return this.#suspects.get(crowdKey) ?? this.#openCrowd(crowdKey, crowd, packet)
  }

  #crowdOf(key: number, packet: Packet): Crowd {
    const lastUs = packet.timestampUs
    const crowd = this.#crowds.get(key) ?? { lastUs, senders: new Set<number>(), suspects: [] }
    if (crowd.senders.size === 0) this.#crowds.set(key, crowd)
    crowd.lastUs = Math.max(crowd.lastUs, lastUs)
    if (crowd.senders.size <= FEW_SENDERS) crowd.senders.add(sourceHash(packet))
    return crowd
  }

  /** Goes on with the first sender's story as that of many: its event then names nobody. */
  #openCrowd(key: number, crowd: Crowd, packet: Packet): Suspect {
    const many = this.#suspect(key, OF_MANY, packet, null)
    for (const own of crowd.suspects.splice(0)) {
      const suspect = this.#suspects.get(own)
      if (suspect === undefined || (many.story !== null && suspect.story !== null)) continue
      many.story ??= suspect.story
      many.firstUs = Math.min(many.firstUs, suspect.firstUs)
      many.count += suspect.count
      this.#suspects.delete(own)
    }
    return many
  }

  #suspect(key: number, fault: Fault, packet: Packet, attacker: string | null): Suspect {
    const suspect: Suspect = {
      fault,
      attacker,
      victim: destinationAddress(packet),
      firstUs: packet.timestampUs,
      lastUs: packet.timestampUs,
      count: 0,
      story: null,
    }
    this.#suspects.set(key, suspect)
    return suspect
  }

  #tellIfDue(suspect: Suspect, nowUs: number): void {
    if (suspect.story?.isDue(suspect.count, nowUs) !== true) return
    suspect.story.told(suspect.count, nowUs)
    this.#emit(describe(suspect, suspect.story, false))
  }

  #finish(suspect: Suspect): void {
    if (suspect.story !== null) this.#emit(describe(suspect, suspect.story, true))
  }
}

function describe(suspect: Suspect, story: Story, isFinal: boolean): Detection {
  const { fault, attacker, victim, count } = suspect
  return {
    id: story.id,
    detector: 'fragments',
    kind: fault.kind,
    family: 'evasion',
    severity: fault.severity,
    confidence: confidenceOf(0.85, count - fault.enough, 4),
    attacker,
    victims: [victim],
    host: null,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: suspect.lastUs,
    count,
    summary: `${counted(count, 'fragment')} to ${victim} in ${spanOf(suspect.lastUs - story.firstUs)} ${fault.words}; honest senders make none`,
    reasons: [{ feature: fault.feature, value: count, baseline: 0, weight: 1 }],
    mitre: [],
    flows: [],
    isFinal,
  }
}
