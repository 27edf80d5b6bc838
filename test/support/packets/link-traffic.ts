/** What stations of one link say of their addresses, by ARP and Neighbour Discovery, for tests. */
import { ipv6 } from './ip-builder.ts'
import { addressBytes, arp, concat, ethernet, icmp6, macBytes } from './packet-builder.ts'
import type { WatchedTraffic } from '../detection/watched-traffic.ts'

export interface Card {
  readonly mac: string
  readonly address: string
}

const EVERYBODY = 'ff:ff:ff:ff:ff:ff'
const ALL_NODES = '33:33:00:00:00:01'

/** "Who has `target`? Tell me", to all. */
export function arpAsk(
  traffic: WatchedTraffic,
  card: Card,
  target: string,
  afterUs?: number,
): void {
  const question = arp({ operation: 1, senderMac: card.mac, sender: card.address, target })
  traffic.frame(ethernet(question, { source: card.mac, destination: EVERYBODY }), afterUs)
}

/** "I have `address`", to one card. */
export function arpAnswer(
  traffic: WatchedTraffic,
  card: Card,
  to: Card,
  address = card.address,
  afterUs?: number,
): void {
  const fields = { operation: 2, senderMac: card.mac, sender: address }
  const answer = arp({ ...fields, targetMac: to.mac, target: to.address })
  traffic.frame(ethernet(answer, { source: card.mac, destination: to.mac }), afterUs)
}

/** "I have `address`", to all (RFC 5227 §3). */
export function arpAnnounce(
  traffic: WatchedTraffic,
  card: Card,
  address = card.address,
  afterUs?: number,
): void {
  const fields = { operation: 1, senderMac: card.mac, sender: address, target: address }
  traffic.frame(ethernet(arp(fields), { source: card.mac, destination: EVERYBODY }), afterUs)
}

/** A question and its answer. */
export function arpExchange(traffic: WatchedTraffic, asker: Card, bearer: Card): void {
  arpAsk(traffic, asker, bearer.address)
  arpAnswer(traffic, bearer, asker)
}

/** A Neighbour Solicitation to all; an asker `::` probes whether the address is free. */
export function solicit(traffic: WatchedTraffic, card: Card, target: string): void {
  const option = concat(new Uint8Array([1, 1]), macBytes(card.mac))
  const body = card.address === '::' ? addressBytes(target) : concat(addressBytes(target), option)
  neighbourMessage(traffic, card, { type: 135, destination: 'ff02::1', body })
}

/** A Neighbour Advertisement of `target`, to one address or to all. */
export function advertise(
  traffic: WatchedTraffic,
  card: Card,
  target: string,
  destination = 'ff02::1',
): void {
  const option = concat(new Uint8Array([2, 1]), macBytes(card.mac))
  const body = concat(addressBytes(target), option)
  neighbourMessage(traffic, card, { type: 136, destination, body })
}

export interface RouterOffer {
  readonly lifetime: number
  readonly isPreferred?: boolean
  readonly prefix: string
  readonly resolver?: string
}

/** A Router Advertisement with one prefix (RFC 4861 §4.2), and a resolver (RFC 8106 §5.1) where one is given. */
export function advertiseRouter(traffic: WatchedTraffic, card: Card, offer: RouterOffer): void {
  const prefix = concat(
    new Uint8Array([3, 4, 64, 0xc0]),
    new Uint8Array(12),
    addressBytes(offer.prefix),
  )
  const resolver =
    offer.resolver === undefined
      ? new Uint8Array(0)
      : concat(new Uint8Array([25, 3, 0, 0, 0, 0, 0, 0]), addressBytes(offer.resolver))
  neighbourMessage(traffic, card, {
    type: 134,
    destination: 'ff02::1',
    identifier: 0x4000 | (offer.isPreferred === true ? 8 : 0),
    sequence: offer.lifetime,
    body: concat(new Uint8Array(8), prefix, resolver),
  })
}

interface NeighbourMessage {
  readonly type: number
  readonly destination: string
  readonly body: Uint8Array
  readonly identifier?: number
  readonly sequence?: number
}

/** Any ICMPv6 message between neighbours: its hop limit is 255. */
export function neighbourMessage(
  traffic: WatchedTraffic,
  card: Card,
  message: NeighbourMessage,
): void {
  const { type, destination, body, identifier = 0, sequence = 0 } = message
  const ends = { source: card.address, destination, hopLimit: 255 }
  const packet = ipv6(ends, icmp6({ type, identifier, sequence, payload: body }))
  const link = {
    source: card.mac,
    destination: destination.startsWith('ff') ? ALL_NODES : EVERYBODY,
  }
  traffic.frame(ethernet(packet, link))
}
