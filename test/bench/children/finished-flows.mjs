/** Finished flows as the sensor hands them on, made up, the same in every run: many clients, some servers, some scans. */
import { seededRandom } from '../../support/captures/capture-writer.mjs'

const START_US = 1_700_000_000_000_000
const APPLICATIONS = ['tls', 'tls', 'tls', 'http', 'dns', 'dns', 'ssh', 'unknown']
const STATES = ['SF', 'SF', 'SF', 'SF', 'S0', 'REJ', 'RSTO', 'OTH']
const REASONS = ['fin', 'fin', 'idle', 'idle', 'rst', 'active-timeout']

export class FinishedFlows {
  /** When the last one began. */
  timeUs = START_US
  #random = seededRandom(5)
  #hash = Buffer.alloc(20)

  make(count) {
    return Array.from({ length: count }, () => this.#flow())
  }

  #flow() {
    const random = this.#random
    const pick = (list) => list[random(list.length)]
    const isIpv6 = random(10) === 0
    this.timeUs += random(400)
    const durationUs = random(30_000_000)
    const packets = 1 + random(40)
    const bytes = packets * (60 + random(900))
    for (let at = 0; at < 20; at += 4) this.#hash.writeUInt32LE(random(2 ** 32), at)
    return {
      communityId: `1:${this.#hash.toString('base64')}`,
      interface: 'eth0',
      ipVersion: isIpv6 ? 6 : 4,
      originator: this.#address(isIpv6, random(5000)),
      originatorPort: 1024 + random(64_000),
      responder: this.#address(isIpv6, 60_000 + random(500)),
      responderPort: pick([443, 443, 443, 80, 53, 22, random(65_536)]),
      protocol: pick([6, 6, 6, 17]),
      vlan: 0,
      startUs: this.timeUs,
      endUs: this.timeUs + durationUs,
      originatorPackets: packets,
      responderPackets: packets,
      originatorBytes: bytes,
      responderBytes: bytes * 3,
      originatorPayloadBytes: bytes - packets * 40,
      responderPayloadBytes: bytes * 3 - packets * 40,
      originatorTcpFlags: 27,
      responderTcpFlags: 27,
      retransmissions: random(3),
      handshakeRttUs: random(4) === 0 ? null : random(200_000),
      connState: pick(STATES),
      application: pick(APPLICATIONS),
      endReason: pick(REASONS),
      anomalyScore: random(1000) / 1000,
      attackScore: random(1000) / 1000,
      process: null,
      facts: null,
    }
  }

  #address(isIpv6, number) {
    const [high, low] = [number >>> 8, number & 255]
    return isIpv6 ? `2001:db8::${(number + 1).toString(16)}` : `10.7.${high}.${low}`
  }
}
