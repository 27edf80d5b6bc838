/** DHCP (RFC 2131, options RFC 2132): who asks, who answers, and what is given. Left out: DHCPv6. */
import type { Packet } from '../../../decode/index.ts'
import { formatIpv4Word } from '../../../net/address.ts'
import type { ApplicationFacts, DhcpMessage } from '../facts.ts'
import { byteAt, hexAt, pattern, startsWith, textAt, uint32At, type Payload } from '../payload.ts'
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
  ROUTES: 121,
  END: 255,
} as const
const MESSAGES = [
  'bootp', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform',
] // prettier-ignore

/** BOOTP's operation, and DHCP's magic cookie (RFC 2131 §3). */
export function isDhcp(payload: Payload, first: number): boolean {
  return (first === 1 || first === 2) && startsWith(payload, COOKIE, COOKIE_AT)
}

type Draft = { -readonly [Key in keyof DhcpMessage]: DhcpMessage[Key] }

/** Reads a message that `isDhcp` has told. */
function readDhcpMessage(payload: Payload): DhcpMessage {
  const given = uint32At(payload, GIVEN_ADDRESS)
  const draft: Draft = {
    kind: 'dhcp',
    message: 'bootp',
    clientMac: macAt(payload, CLIENT_MAC),
    address: given > 0 ? formatIpv4Word(given) : null,
    requestedAddress: null,
    hostname: null,
    vendorClass: null,
    serverId: null,
    router: null,
    dnsServer: null,
  }
  let at = OPTIONS_AT
  for (let count = 0; count < MOST_OPTIONS; count += 1) {
    const option = byteAt(payload, at)
    if (option < 0 || option === Option.END) break
    const from = at + 2
    const to = option === Option.PAD ? at + 1 : from + byteAt(payload, at + 1)
    if (to <= at || to > payload.payloadCaptured) break
    readOption(draft, option, payload, from, to)
    at = to
  }
  return draft
}

function readOption(
  draft: Draft,
  option: number,
  payload: Payload,
  from: number,
  to: number,
): void {
  switch (option) {
    case Option.MESSAGE:
      draft.message = MESSAGES[byteAt(payload, from)] ?? 'unknown'
      break
    case Option.HOSTNAME:
      draft.hostname = textAt(payload, from, to, LONGEST_TEXT)
      break
    case Option.VENDOR_CLASS:
      draft.vendorClass = textAt(payload, from, to, LONGEST_TEXT)
      break
    case Option.REQUESTED:
      draft.requestedAddress = addressAt(payload, from, to)
      break
    case Option.SERVER:
      draft.serverId = addressAt(payload, from, to)
      break
    case Option.ROUTER:
      // Whoever knows the routes of option 121 passes over this one (RFC 3442).
      draft.router ??= addressAt(payload, from, to)
      break
    case Option.ROUTES:
      draft.router = widestRouter(payload, from, to) ?? draft.router
      break
    case Option.DNS_SERVER:
      draft.dnsServer = addressAt(payload, from, to)
      break
  }
}

/** The router to everywhere, or to half of it, which goes before the way to everywhere (RFC 3442). */
function widestRouter(payload: Payload, from: number, to: number): string | null {
  for (let at = from; at < to;) {
    const bits = byteAt(payload, at)
    const router = at + 1 + Math.ceil(bits / 8)
    if (bits < 0 || bits > 32 || router + 4 > to) return null
    if (bits <= 1) return addressAt(payload, router, to)
    at = router + 4
  }
  return null
}

function addressAt(payload: Payload, from: number, to: number): string | null {
  return to - from >= 4 ? formatIpv4Word(uint32At(payload, from)) : null
}

function macAt(payload: Payload, from: number): string {
  const octets = []
  for (let at = from; at < from + 6; at += 1) octets.push(hexAt(payload, at, at + 1))
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
