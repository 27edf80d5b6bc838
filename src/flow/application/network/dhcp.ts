/** DHCP (RFC 2131, options RFC 2132): who asks, who answers, and what is given. Left out: DHCPv6. */
import type { Packet } from '../../../decode/index.ts'
import { formatIpv4Word } from '../../../net/address.ts'
import type { ApplicationFacts, DhcpMessage } from '../facts.ts'
import { byteAt, pattern, startsWith, textAt, uint32At, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const COOKIE = pattern('\x63\x82\x53\x63')
const COOKIE_AT = 236
const OPTIONS_AT = 240
const GIVEN_ADDRESS = 16
const CLIENT_MAC = 28
const MOST_OPTIONS = 64
const LONGEST_TEXT = 128

const Option = {
  PAD: 0,
  ROUTER: 3,
  DNS_SERVER: 6,
  HOSTNAME: 12,
  REQUESTED: 50,
  MESSAGE: 53,
  SERVER: 54,
  VENDOR_CLASS: 60,
  END: 255,
} as const
const MESSAGES = [
  'bootp', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform',
] // prettier-ignore

/** BOOTP's operation, and DHCP's magic cookie (RFC 2131 §3). */
export function isDhcp(payload: Payload, first: number): boolean {
  return (first === 1 || first === 2) && startsWith(payload, COOKIE, COOKIE_AT)
}

/** Reads a message that `isDhcp` has told. */
export function readDhcpMessage(payload: Payload): DhcpMessage {
  let at = OPTIONS_AT
  let message = 'bootp'
  let hostname: string | null = null
  let vendorClass: string | null = null
  let requestedAddress: string | null = null
  let serverId: string | null = null
  let router: string | null = null
  let dnsServer: string | null = null
  for (let count = 0; count < MOST_OPTIONS; count += 1) {
    const option = byteAt(payload, at)
    if (option < 0 || option === Option.END) break
    if (option === Option.PAD) {
      at += 1
      continue
    }
    const from = at + 2
    const to = from + byteAt(payload, at + 1)
    if (to < from || to > payload.payloadCaptured) break
    if (option === Option.MESSAGE) message = MESSAGES[byteAt(payload, from)] ?? 'unknown'
    else if (option === Option.HOSTNAME) hostname = textAt(payload, from, to, LONGEST_TEXT)
    else if (option === Option.VENDOR_CLASS) vendorClass = textAt(payload, from, to, LONGEST_TEXT)
    else if (option === Option.REQUESTED) requestedAddress = addressAt(payload, from, to)
    else if (option === Option.SERVER) serverId = addressAt(payload, from, to)
    else if (option === Option.ROUTER) router = addressAt(payload, from, to)
    else if (option === Option.DNS_SERVER) dnsServer = addressAt(payload, from, to)
    at = to
  }
  const address = uint32At(payload, GIVEN_ADDRESS)
  return {
    kind: 'dhcp',
    message,
    clientMac: macAt(payload, CLIENT_MAC),
    address: address > 0 ? formatIpv4Word(address) : null,
    requestedAddress,
    hostname,
    vendorClass,
    serverId,
    router,
    dnsServer,
  }
}

function addressAt(payload: Payload, from: number, to: number): string | null {
  return to - from >= 4 ? formatIpv4Word(uint32At(payload, from)) : null
}

function macAt(payload: Payload, from: number): string {
  const octets = []
  for (let at = from; at < from + 6; at += 1) {
    octets.push(byteAt(payload, at).toString(16).padStart(2, '0'))
  }
  return octets.join(':')
}

export class DhcpReader extends FactReader {
  #first: DhcpMessage | null = null
  #messages = 0

  override read(packet: Packet): number {
    if (!isDhcp(packet, byteAt(packet, 0))) return Next.MORE
    this.#messages += 1
    if (this.#first !== null && !this.context.isHeard) return Next.MORE
    const message = readDhcpMessage(packet)
    if (this.context.isHeard) this.context.tell(message)
    this.#first ??= {
      ...message,
      hostname: this.keep(message.hostname),
      vendorClass: this.keep(message.vendorClass),
    }
    return Next.MORE
  }

  override facts(): ApplicationFacts | null {
    return this.#first === null ? null : { ...this.#first, messages: this.#messages }
  }
}
