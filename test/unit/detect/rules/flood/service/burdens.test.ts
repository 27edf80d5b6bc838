import { describe, expect, test } from 'vitest'
import { bytesOf, concat } from '../../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const told = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ family, severity }) => family === 'flood' && severity >= 4)

function frame(type: number, stream: number, size: number, flags = 0): Uint8Array {
  const header = [0, size >> 8, size & 255, type, flags]
  const number = [stream >>> 24, (stream >> 16) & 255, (stream >> 8) & 255, stream & 255]
  return concat(new Uint8Array([...header, ...number]), new Uint8Array(size).fill(0x82))
}

const headers = (stream: number): Uint8Array => frame(1, stream, 30, 5)
const reset = (stream: number): Uint8Array => frame(3, stream, 4)
const settings = frame(4, 0, 12)

/** What a client says over one connection, cut into segments of this size wherever that falls. */
function speaks(
  traffic: WatchedTraffic,
  frames: readonly Uint8Array[],
  segmentBytes: number,
): void {
  const all = concat(bytesOf(PREFACE), settings, ...frames)
  const cuts = Array.from({ length: Math.ceil(all.length / segmentBytes) }, (_, index) => index)
  const said = cuts.map(
    (at) => ['>', all.subarray(at * segmentBytes, (at + 1) * segmentBytes)] as const,
  )
  converse(traffic, { client: CLIENT, server: SERVER, said })
}

describe('HTTP/2 in the clear', () => {
  test.each([1400, 333, 47, 7])(
    'of requests that are taken back at once is a flood, in segments of %i bytes',
    (segmentBytes) => {
      const traffic = new WatchedTraffic()
      const streams = Array.from({ length: 1500 }, (_, index) => 2 * index + 1)
      speaks(
        traffic,
        streams.flatMap((stream) => [headers(stream), reset(stream)]),
        segmentBytes,
      )
      expect(told(traffic)).toMatchObject([
        { kind: 'flood.http', attacker: CLIENT, victims: [SERVER], mitre: ['T1499.002'] },
      ])
    },
  )

  test('is still told behind a segment that was not captured', () => {
    const streams = Array.from({ length: 1500 }, (_, index) => 2 * index + 1)
    const frames = streams.map((stream) => concat(headers(stream), reset(stream)))
    const traffic = new WatchedTraffic()
    const ports = { sourcePort: 40_000, destinationPort: 80 }
    traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'S', sequence: 4999 })
    traffic.tcp(SERVER, CLIENT, { sourcePort: 80, destinationPort: 40_000, flags: 'SA', sequence: 8999, acknowledgement: 5000 }) // prettier-ignore
    let sequence = 5000
    for (const [index, payload] of [concat(bytesOf(PREFACE), settings), ...frames].entries()) {
      // Within a body of 100 bytes that two segments share: what is lost holds no beginning.
      const body = frame(0, 1, 100).subarray(0, 59)
      const parts = index === 700 ? [body, null] : [payload]
      for (const part of parts) {
        if (part !== null) traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'PA', sequence, payload: part }) // prettier-ignore
        sequence += part?.length ?? 50
      }
    }
    expect(told(traffic)).toMatchObject([{ kind: 'flood.http', attacker: CLIENT }])
  })

  test('of pings that never end is a flood', () => {
    const traffic = new WatchedTraffic()
    speaks(
      traffic,
      Array.from({ length: 4000 }, () => frame(6, 0, 8)),
      1400,
    )
    expect(told(traffic)).toMatchObject([{ kind: 'flood.http', attacker: CLIENT }])
  })

  test('of many requests, some of them given up after a while, is none', () => {
    const traffic = new WatchedTraffic()
    const said: ['>', Uint8Array][] = [['>', concat(bytesOf(PREFACE), settings)]]
    for (let index = 0; index < 6000; index += 1) {
      // A deadline of half a second: what is given up was asked for five hundred segments ago.
      const late = index < 500 ? new Uint8Array(0) : reset(2 * (index - 500) + 1)
      said.push(['>', concat(headers(2 * index + 1), late)])
    }
    converse(traffic, { client: CLIENT, server: SERVER, said })
    expect(told(traffic)).toEqual([])
  })

  test('of a benchmark that takes nothing back is none', () => {
    const traffic = new WatchedTraffic()
    const streams = Array.from({ length: 6000 }, (_, index) => 2 * index + 1)
    speaks(
      traffic,
      streams.flatMap((stream) => [headers(stream), frame(8, 0, 4)]),
      1400,
    )
    expect(told(traffic)).toEqual([])
  })
})

/** Segments that begin with a record of the handshake, or of data. */
const record = (type: number, size: number): Uint8Array =>
  concat(new Uint8Array([type, 3, 3, size >> 8, size & 255]), new Uint8Array(size).fill(9))
const HANDSHAKE = record(0x16, 200)
const DATA = record(0x17, 200)

describe('TLS renegotiation', () => {
  test('again and again over a few connections is a flood', () => {
    const traffic = new WatchedTraffic()
    for (let connection = 0; connection < 4; connection += 1) {
      const said = Array.from({ length: 120 }, (_, index) => [index % 2 === 0 ? '>' : '<', HANDSHAKE] as const) // prettier-ignore
      converse(traffic, { client: CLIENT, server: SERVER, serverPort: 443, said })
    }
    expect(told(traffic)).toMatchObject([
      { kind: 'flood.tls', attacker: CLIENT, victims: [SERVER], mitre: ['T1499.002'] },
    ])
  })

  test('once a connection, for a certificate, is none, however many connect', () => {
    const traffic = new WatchedTraffic()
    const agree = [['>', HANDSHAKE], ['<', HANDSHAKE], ['>', HANDSHAKE], ['<', HANDSHAKE]] as const // prettier-ignore
    for (let connection = 0; connection < 300; connection += 1) {
      const said = [...agree, ['>', DATA] as const, ...agree, ['>', DATA] as const]
      converse(traffic, { client: CLIENT, server: SERVER, serverPort: 443, said })
      traffic.wait(20_000)
    }
    expect(told(traffic)).toEqual([])
  })
})
