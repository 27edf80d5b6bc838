import { describe, expect, test } from 'vitest'
import { Decoder, Packet, PacketKind } from '../../../../src/decode/index.ts'
import { reasonOf } from '../../../support/packets/decoded.ts'
import { ipv4 } from '../../../support/packets/ip-builder.ts'
import { ethernet, frameOf, tcp } from '../../../support/packets/packet-builder.ts'

const HONEST = '192.0.2.1'
/** Where the time to live stands, and the checksum, behind Ethernet's header. */
const TTL = 14 + 8
const CHECKSUM = 14 + 10

/** Decodes frames from the given sources one after the other; `change` spoils what it is given. */
class Capture {
  readonly decoder = new Decoder()
  readonly packet = new Packet()

  send(source: string, change: (bytes: Uint8Array) => void = () => undefined): Packet {
    const segment = tcp({ sourcePort: 40000, destinationPort: 22, flags: 'A' })
    const bytes = ethernet(ipv4({ source, destination: '198.51.100.7' }, segment))
    change(bytes)
    this.decoder.decode(frameOf(bytes), this.packet)
    return this.packet
  }

  /** As much as shows that this capture's checksums hold. */
  sendMany(source: string, change?: (bytes: Uint8Array) => void): void {
    for (let count = 0; count < 100; count += 1) this.send(source, change)
  }
}

const damage = (bytes: Uint8Array): void => {
  bytes[TTL]! ^= 0x55
}

const leaveUnset = (bytes: Uint8Array): void => {
  bytes.fill(0, CHECKSUM, CHECKSUM + 2)
}

describe('an IPv4 header whose checksum is wrong', () => {
  test('is read no further where the checksums of its sender hold, as no host reads it', () => {
    const capture = new Capture()
    capture.sendMany(HONEST)
    expect(reasonOf(capture.send(HONEST, damage))).toBe('ipv4-checksum')
    expect(capture.packet).toMatchObject({ kind: PacketKind.NONE, protocol: 0, destinationPort: 0 })
    expect(capture.decoder.malformedCounts()).toMatchObject({ 'ipv4-checksum': 1, none: 100 })
    expect(capture.send(HONEST)).toMatchObject({ malformed: 0, kind: PacketKind.IP, ttl: 64 })
  })

  test('is read no further where its sender was not heard of before, as a damaged address would be', () => {
    const capture = new Capture()
    capture.sendMany(HONEST)
    expect(reasonOf(capture.send('250.7.8.9', damage))).toBe('ipv4-checksum')
  })

  test('is read where a whole capture was changed without its checksums', () => {
    const capture = new Capture()
    capture.sendMany(HONEST, damage)
    expect(capture.decoder.malformedCounts()).toMatchObject({ none: 100 })
    expect(capture.send(HONEST, damage).kind).toBe(PacketKind.IP)
  })

  test('is read of a sender who never gets one right, the first apart, whatever others do', () => {
    const capture = new Capture()
    capture.sendMany(HONEST)
    capture.send('203.0.113.5', damage)
    expect(capture.send('203.0.113.5', damage)).toMatchObject({ malformed: 0, kind: PacketKind.IP })
  })

  test('is read where it is left for the card to fill in', () => {
    const capture = new Capture()
    capture.sendMany(HONEST)
    expect(capture.send(HONEST, leaveUnset)).toMatchObject({ malformed: 0, kind: PacketKind.IP })
  })

  test('is read again once they are many, however long they held before', () => {
    const capture = new Capture()
    for (let count = 0; count < 300; count += 1) capture.sendMany(HONEST)
    for (let count = 0; count < 40; count += 1) capture.sendMany(HONEST, damage)
    expect(capture.send(HONEST, damage).kind).toBe(PacketKind.IP)
  })
})
