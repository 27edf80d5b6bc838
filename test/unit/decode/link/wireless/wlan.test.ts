import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../../../src/capture/source.ts'
import { PacketKind } from '../../../../../src/decode/index.ts'
import { formatIpv4Word } from '../../../../../src/net/address.ts'
import { decoded, payloadText, reasonOf } from '../../../../support/packets/decoded.ts'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { arp, concat, tcp } from '../../../../support/packets/packet-builder.ts'
import { radiotap, wlan, type WlanFields } from '../../../../support/packets/wlan-builder.ts'

const segment = tcp({ destinationPort: 22, payload: 'hello' })
const inner = ipv4({ source: '192.0.2.1', destination: '198.51.100.7' }, segment)
const bare = { linkType: LinkType.WLAN }
const tapped = { linkType: LinkType.RADIOTAP }

describe('802.11 data frames', () => {
  it.each<[string, WlanFields]>([
    ['to the access point', { way: 'to' }],
    ['from the access point', { way: 'from' }],
    ['between access points', { way: 'both' }],
    ['between stations', { way: 'neither' }],
    ['with quality of service', { qos: true }],
    ['with HT control', { qos: true, way: 'both', flags: 0x80 }],
    ["with the bridge tunnel's SNAP", { organisation: new Uint8Array([0, 0, 0xf8]) }],
  ])('%s', (_name, fields) => {
    const packet = decoded(wlan(inner, fields), bare)
    expect(packet).toMatchObject({ kind: PacketKind.IP, malformed: 0, destinationPort: 22 })
    expect(packet).toMatchObject({ sourceMac: 0x020000000001, destinationMac: 0x020000000002 })
    expect(formatIpv4Word(packet.source3)).toBe('192.0.2.1')
    expect(payloadText(packet)).toBe('hello')
  })

  it('carry ARP too', () => {
    const fields = { operation: 1, senderMac: '02:00:00:00:00:09', sender: '10.0.0.9' }
    const packet = decoded(wlan(arp({ ...fields, target: '10.0.0.1' })), bare)
    expect(packet).toMatchObject({ kind: PacketKind.ARP, arpOperation: 1 })
  })

  it.each([
    ['wlan-encrypted', { flags: 0x40 }],
    ['wlan-aggregated', { qos: true, aggregated: true }],
    ['wlan-fragment', { fragmentNumber: 1 }],
  ] as const)('that cannot be read are counted as %s', (reason, fields) => {
    const packet = decoded(wlan(inner, fields), bare)
    expect(reasonOf(packet)).toBe(reason)
    expect(packet).toMatchObject({ kind: PacketKind.NONE, sourceMac: 0x020000000001 })
  })

  it.each([
    ['a beacon', wlan(inner, { control: 0x80 })],
    ['data without data', wlan(inner, { control: 0x48 })],
    ['an acknowledgement', Uint8Array.of(0xd4, 0, 0, 0, 2, 0, 0, 0, 0, 1)],
    ['LLC without SNAP', wlan(inner, { organisation: new Uint8Array([1, 2, 3]) })],
  ])('are told from %s', (_name, bytes) => {
    expect(decoded(bytes, bare)).toMatchObject({ kind: PacketKind.OTHER, malformed: 0 })
  })
})

describe('radiotap', () => {
  it.each([
    ['without fields', {}],
    ['with flags', { flags: 0 }],
    ['with a timer before the flags', { flags: 0x10, timer: true }],
    ['with several words of fields', { flags: 0, timer: true, moreWords: 2 }],
    ['with one more word', { flags: 0, timer: true, moreWords: 1 }],
  ])('%s', (_name, fields) => {
    const packet = decoded(radiotap(wlan(inner), fields), tapped)
    expect(packet).toMatchObject({ malformed: 0, destinationPort: 22 })
    expect(payloadText(packet)).toBe('hello')
  })

  it('tells of padding behind the header, and a checksum at the end is no payload', () => {
    const frame = concat(wlan(inner, { qos: true, padding: 2 }), new Uint8Array(4))
    const packet = decoded(radiotap(frame, { flags: 0x30, timer: true }), tapped)
    expect(payloadText(packet)).toBe('hello')
  })

  it('tells of frames that were damaged on the air', () => {
    const packet = decoded(radiotap(wlan(inner), { flags: 0x40, timer: true }), tapped)
    expect(reasonOf(packet)).toBe('wlan-checksum')
  })

  it('of a length beyond the frame is refused', () => {
    const bytes = radiotap(wlan(inner)).with(2, 0xff)
    expect(reasonOf(decoded(bytes, tapped))).toBe('link-truncated')
  })
})
