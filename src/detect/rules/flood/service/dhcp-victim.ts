/** A server's or a segment's DHCP: how many messages, of how many clients, from how many link addresses. */
import type { Packet } from '../../../../decode/packet.ts'
import type { Detection } from '../../../detection.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { destinationAddress } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { FateSample } from '../../state/watch/fate-sample.ts'
import { Majority } from '../../state/watch/majority.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { DhcpFloodConfig } from '../config.ts'
import { nobody, Tally } from '../volume/tally.ts'

/** Clients are counted over this long. */
const SPAN_US = 60_000_000
/**
 * Clients that take a lease speak with it: they ask the link by ARP whether it is free, then for the router. What
 * a program makes up never says another word.
 */
export const PATIENCE_US = 4_000_000
const MIN_FATES = 16
const MIN_ALIVE = 0.3
const UNSEEN_FACTOR = 2.5
/** Who is in earnest asks no more often within ten seconds. */
const MOST_REPEATED = 20
/** From so many times the threshold on it is too much for any room full of clients. */
const BEYOND_DOUBT = 10
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
  readonly #fates = new FateSample(PATIENCE_US)
  #clients = new DistinctCount()
  #sinceUs: number
  #messages = 0
  #hasLinks = false
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
    this.#tally.add(client, packet.timestampUs, packet, nobody)
    this.#clients.add(client)
    this.#messages += 1
    this.#server = server
    if (packet.sourceMac === 0) return
    this.#hasLinks = true
    const link = linkHash(packet.sourceMac)
    this.#links.addNamed(link, 'link')
    this.#fates.begin(link, packet.timestampUs)
  }

  /** A card said something else than that it wants a lease. */
  speaks(mac: number): void {
    this.#fates.goOn(linkHash(mac))
  }

  isAttacked(nowUs: number): boolean {
    const { minMessages, minClients, minClientsOfOne } = this.#config
    const recent = this.#tally.recent(nowUs)
    this.#peak = Math.max(this.#peak, recent)
    if (recent >= minMessages * Math.max(this.#factor, BEYOND_DOUBT)) return true
    const clients = this.#clients.value
    if (this.#factor === 1 && clients >= minClientsOfOne && this.#isOfOneLink()) return true
    const isMuch = recent >= minMessages * this.#factor && !this.#isOfFew(recent, clients)
    if (!isMuch && clients < minClients * this.#factor) return false
    return this.#factor > 1 || this.#isMadeUp(nowUs)
  }

  /** Clients that a server keeps waiting ask each few seconds: leases run out by names, not by messages. */
  #isOfFew(recent: number, clients: number): boolean {
    return clients < this.#config.minClientsOfOne && recent <= clients * MOST_REPEATED
  }

  /** Where frames bear no link address there is no sample, and a larger number alone decides. */
  #isMadeUp(nowUs: number): boolean {
    if (!this.#hasLinks) return this.#clients.value >= this.#config.minClients * UNSEEN_FACTOR
    const share = this.#fates.share(nowUs)
    const { wentOn, stayedAlone } = this.#fates
    return wentOn + stayedAlone >= MIN_FATES && share < MIN_ALIVE
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
    this.#fates.restart()
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

const linkHash = (mac: number): number => mix(mix(5, mac), Math.floor(mac / 4_294_967_296))
