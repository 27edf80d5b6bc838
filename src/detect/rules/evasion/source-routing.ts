/**
 * Detects packets whose sender chose their route (IPv4's loose and strict source routes, IPv6's routing header of type 0).
 *
 * Answers go back the way they came, past filters and to whoever forged the sender: no program has had honest use
 * for it in decades, routers drop it, and hosts should (RFC 6274 §3.13.2.3, RFC 7126 §4.3, RFC 5095).
 */
import type { Packet } from '../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { destinationAddress, sourceAddress, sourceHash } from '../state/packet-address.ts'
import { pairKey } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import { counted, spanOf } from '../state/wording.ts'
import type { OddFlagsConfig } from './config.ts'

const MAX_SENDERS = 512
const MAX_VICTIMS = 32

interface Sender extends Suspect {
  readonly attacker: string
  readonly victims: Set<string>
}

export class SourceRouting implements Detector {
  readonly name = 'source-routing'
  readonly watches = ['tcp-bare', 'udp', 'icmp', 'other'] as const
  readonly memories: readonly Memory[]
  readonly #stories: Stories<Sender>

  constructor({ forgetAfterSeconds }: OddFlagsConfig, emit: Emit) {
    this.#stories = new Stories<Sender>({
      detector: this.name,
      family: 'evasion',
      cap: MAX_SENDERS,
      forgetAfterUs: forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
    this.memories = [this.#stories]
  }

  packet(packet: Packet): void {
    if (!packet.isSourceRouted) return
    const nowUs = packet.timestampUs
    const key = pairKey(sourceHash(packet), packet.vlan, 20)
    const sender =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
        ...{ attacker: sourceAddress(packet), victims: new Set() },
      })
    sender.lastUs = Math.max(sender.lastUs, nowUs)
    sender.count += 1
    if (sender.victims.size < MAX_VICTIMS) sender.victims.add(destinationAddress(packet))
    this.#stories.tell(sender, nowUs)
  }
}

function tell({ attacker, victims, count, firstUs, lastUs }: Sender): Telling {
  return {
    kind: 'evasion.source-route',
    severity: 5,
    confidence: 0.9,
    attacker,
    victims: [...victims],
    summary: `${attacker} sent ${counted(count, 'packet')} by a route of its own choice (IPv4 source routing) in ${spanOf(lastUs - firstUs)}; no honest program does`,
    reasons: [{ feature: 'sourceRoutedPackets', value: count, baseline: 0, weight: 1 }],
    mitre: ['T1599'],
  }
}
