/** A server's or a segment's DHCP: how many messages, of how many clients, from how many link addresses. */
import type { Packet } from '../../../../decode/packet.ts'
import type { Detection } from '../../../detection.ts'
import { DistinctCount } from '../../state/distinct-count.ts'
import { destinationAddress } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { Majority } from '../../state/watch/majority.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { DhcpFloodConfig } from '../config.ts'
import { Tally } from '../volume/tally.ts'

/** Clients are counted over this long. */
const SPAN_US = 60_000_000
/** What is relayed or renewed may be so many times as much. */
const ORDINARY_FACTOR = 10
/** One link address that speaks for so large a share of all, under other names than its own. */
const NEARLY_ALL = 0.8
/** From so many messages within ten seconds no honest network is meant. */
const CERTAIN_MESSAGES = 1000

export class DhcpVictim implements Watched {
  story: Story | null = null
  readonly #config: DhcpFloodConfig
  readonly #factor: number
  readonly #address: string
  readonly #tally = new Tally()
  readonly #links = new Majority()
  #clients = new DistinctCount()
  #sinceUs: number
  #messages = 0
  #peak = 0
  #server: string | null = null

  constructor(packet: Packet, config: DhcpFloodConfig, isOrdinary: boolean) {
    this.#config = config
    this.#factor = isOrdinary ? ORDINARY_FACTOR : 1
    this.#address = destinationAddress(packet)
    this.#sinceUs = packet.timestampUs
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  message(packet: Packet, client: number, server: string | null): void {
    this.#tally.add(client, packet.timestampUs, () => '')
    this.#clients.add(client)
    this.#messages += 1
    this.#server = server
    if (packet.sourceMac !== 0) this.#links.add(mix(5, packet.sourceMac), () => 'link')
  }

  isAttacked(nowUs: number): boolean {
    const { minMessages, minClients, minClientsOfOne } = this.#config
    const recent = this.#tally.recent(nowUs)
    this.#peak = Math.max(this.#peak, recent)
    if (recent >= minMessages * this.#factor) return true
    const clients = this.#clients.value
    if (clients >= minClients * this.#factor) return true
    return this.#factor === 1 && clients >= minClientsOfOne && this.#isOfOneLink()
  }

  begin(nowUs: number): Story {
    const story = this.#tally.begin(nowUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (nowUs - this.#sinceUs < SPAN_US && nowUs >= this.#sinceUs) return
    this.#sinceUs = nowUs
    this.#messages = 0
    this.#peak = 0
    this.#clients = new DistinctCount()
    this.#links.restart()
    this.#tally.restart(nowUs)
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { count } = this.#tally
    const clients = Math.min(this.#clients.value, count)
    if (this.#server !== null) story.addVictim(this.#server)
    const span = spanOf(story.lastUs - story.firstUs)
    return claimOf(
      story,
      {
        ...{ detector: 'dhcp-flood', kind: 'flood.dhcp', family: 'flood', attacker: null },
        severity: this.#peak >= CERTAIN_MESSAGES * this.#factor ? 7 : 5,
        confidence: confidenceOf(0.7, count, 500),
        count,
        summary: `${counted(count, 'DHCP request')} to ${this.#address} in the name of about ${counted(clients, 'client')} in ${span}`,
        reasons: [
          {
            feature: 'requests10s',
            value: this.#peak,
            baseline: this.#config.minMessages / 10,
            weight: 0.6,
          },
          { feature: 'distinctClients', value: clients, baseline: null, weight: 0.4 },
        ],
        mitre: ['T1499.002'],
      },
      isFinal,
    )
  }

  #isOfOneLink(): boolean {
    return this.#links.holder(this.#messages, NEARLY_ALL) !== null
  }
}
