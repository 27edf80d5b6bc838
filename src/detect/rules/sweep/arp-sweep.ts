/**
 * Detects ARP sweeps: one host asking by broadcast for many addresses within seconds.
 *
 * Answers go to the asker alone and are mostly not seen, so the rate is the evidence. A router whose network
 * is being swept from outside asks in the same way: the summary says "asked for", not "attacked".
 */
import { formatIpv4Word } from '../../../net/address.ts'
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import type { Detection } from '../../detection.ts'
import type { Detector, Emit } from '../../detector.ts'
import type { SweepConfig } from './config.ts'
import { CappedTable } from '../state/capped-table.ts'
import { FirstLooks } from '../state/first-looks.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'

const ARP_REQUEST = 1
const BROADCAST_MAC = 0xffffffffffff
const WINDOW_US = 10_000_000
const MAX_ASKERS = 1024
const MAX_REMEMBERED = 4096

interface Asker {
  readonly sender: number
  lastUs: number
  windowStartUs: number
  readonly windowTargets: Set<number>
  story: Story | null
  readonly targets: Set<number>
}

export class ArpSweep implements Detector {
  readonly name = 'arp-sweep'
  readonly watches = ['arp'] as const
  readonly #config: SweepConfig
  readonly #emit: Emit
  readonly #looks = new FirstLooks(8192, WINDOW_US)
  readonly #askers: CappedTable<Asker>

  constructor(config: SweepConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#askers = new CappedTable(MAX_ASKERS, (asker) => this.#finish(asker))
  }

  packet(packet: Packet): void {
    if (packet.kind !== PacketKind.ARP || packet.arpOperation !== ARP_REQUEST) return
    const sender = packet.source3 >>> 0
    const target = packet.destination3 >>> 0
    // Unicast polls keep known neighbours; a sender of 0 or of the target itself announces or probes (RFC 5227).
    if (sender === 0 || sender === target) return
    if (packet.destinationMac !== BROADCAST_MAC && packet.destinationMac !== 0) return
    const asker = this.#askers.get(sender)
    if (asker !== undefined) {
      this.#asks(asker, target, packet.timestampUs)
      return
    }
    const place = this.#looks.note(sender, packet.vlan, target, packet.timestampUs)
    if (place >= 0) this.#promote(sender, place, packet.timestampUs)
  }

  tick(nowUs: number): void {
    for (const asker of this.#askers.values()) this.#tellIfDue(asker, nowUs)
    const beforeUs = nowUs - this.#config.forgetAfterSeconds * 1e6
    this.#askers.expire(beforeUs, (asker) => this.#finish(asker))
  }

  end(): void {
    this.#askers.expire(Number.POSITIVE_INFINITY, (asker) => this.#finish(asker))
  }

  forgotten(): number {
    return this.#looks.forgotten + this.#askers.forgotten
  }

  #promote(sender: number, place: number, nowUs: number): void {
    const look = this.#looks.take(place)
    const windowTargets = new Set(look.items)
    const row = { sender, lastUs: nowUs, windowStartUs: look.firstUs, windowTargets }
    this.#askers.set(sender, { ...row, story: null, targets: new Set() })
  }

  #asks(asker: Asker, target: number, nowUs: number): void {
    asker.lastUs = Math.max(asker.lastUs, nowUs)
    if (asker.story !== null) {
      asker.story.lastUs = asker.lastUs
      if (asker.targets.size < MAX_REMEMBERED) asker.targets.add(target)
      asker.story.addVictim(formatIpv4Word(target))
      this.#tellIfDue(asker, nowUs)
      return
    }
    if (nowUs - asker.windowStartUs > WINDOW_US || nowUs < asker.windowStartUs) {
      asker.windowTargets.clear()
      asker.windowStartUs = nowUs
    }
    asker.windowTargets.add(target)
    if (asker.windowTargets.size < this.#config.minArpTargets) return
    asker.story = new Story(asker.windowStartUs, nowUs)
    for (const asked of asker.windowTargets) {
      asker.targets.add(asked)
      asker.story.addVictim(formatIpv4Word(asked))
    }
    this.#tellIfDue(asker, nowUs)
  }

  #tellIfDue(asker: Asker, nowUs: number): void {
    if (asker.story?.isDue(asker.targets.size, nowUs) !== true) return
    asker.story.told(asker.targets.size, nowUs)
    this.#emit(describe(asker, asker.story, this.#config.minArpTargets, false))
  }

  #finish(asker: Asker): void {
    if (asker.story === null) return
    this.#emit(describe(asker, asker.story, this.#config.minArpTargets, true))
  }
}

function describe(asker: Asker, story: Story, threshold: number, isFinal: boolean): Detection {
  const count = asker.targets.size
  return {
    id: story.id,
    detector: 'sweep',
    kind: 'sweep.arp',
    family: 'sweep',
    severity: 4,
    confidence: confidenceOf(0.75, count - threshold, 40),
    attacker: formatIpv4Word(asker.sender),
    victims: [...story.victims],
    host: null,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: story.lastUs,
    count,
    summary: `${counted(count, 'address', 'addresses')} asked for by ARP in ${spanOf(story.lastUs - story.firstUs)}; ${threshold} within ten seconds are enough for a sweep`,
    reasons: [{ feature: 'distinctArpTargets', value: count, baseline: threshold, weight: 1 }],
    mitre: ['T1018'],
    flows: [],
    isFinal,
  }
}
