import { describe, expect, it } from 'vitest'
import { readClientHello } from '../../../../src/flow/application/tls/client-hello.ts'
import { ja3, ja3Text, ja4 } from '../../../../src/flow/application/tls/fingerprints.ts'
import { concat } from '../../../support/packets/packet-builder.ts'
import { Talk, overTcp, segment, tcpOpening } from '../../../support/messages/spoken/spoken-flow.ts'
import {
  certificateMessage,
  clientHello,
  handshake,
  serverHello,
  tlsRecord,
  type HelloFields,
} from '../../../support/messages/tls-messages.ts'

function parsed(fields: HelloFields) {
  const buffer = clientHello(fields)
  const { length } = buffer
  return readClientHello({ buffer, payloadOffset: 0, payloadCaptured: length, payloadLength: length })! // prettier-ignore
}

describe('JA3 gives what its authors publish', () => {
  it.each<[string, string, HelloFields]>([
    [
      '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0',
      'ada70206e40642a3e4461f35503241d5',
      {
        version: 769,
        ciphers: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
        extensions: [0, 10, 11],
        groups: [23, 24, 25],
        pointFormats: [0],
        name: 'x',
      },
    ],
    [
      '769,4-5-10-9-100-98-3-6-19-18-99,,,',
      'de350869b8c85de67a350c8d186f11e6',
      { version: 769, ciphers: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] },
    ],
  ])('%s', (text, digest, fields) => {
    expect(ja3Text(parsed(fields))).toBe(text)
    expect(ja3(parsed(fields))).toBe(digest)
  })

  it('leaves GREASE out', () => {
    const plain = { extensions: [0, 10], groups: [29] }
    const greased = { extensions: [0x1a1a, 0, 10, 0xfafa], groups: [0x0a0a, 29] }
    const ciphers = [0x1301, 0x1302]
    const withGrease = parsed({ ...greased, ciphers: [0x2a2a, ...ciphers] })
    expect(ja3(withGrease)).toBe(ja3(parsed({ ...plain, ciphers })))
  })
})

/** The hello in FoxIO's description of JA4 (technical_details/JA4.md), as Chrome sends it. */
const chrome: HelloFields = {
  ciphers: [
    0x8a8a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
    0x009c, 0x009d, 0x002f, 0x0035,
  ],
  extensions: [
    0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
    0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x9a9a,
  ],
  name: 'example.com',
  protocols: ['h2', 'http/1.1'],
  versions: [0x3a3a, 0x0304, 0x0303],
  signatureAlgorithms: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
}

describe('JA4 gives what its authors publish', () => {
  it('for the hello of their description', () => {
    expect(ja4(parsed(chrome), 't')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
    expect(ja4(parsed(chrome), 'q')).toBe('q13d1516h2_8daaf6152771_e5627efa2ab1')
  })

  it('whatever order the extensions come in', () => {
    const shuffled = { ...chrome, extensions: [...chrome.extensions!].reverse() }
    expect(ja4(parsed(shuffled), 't')).toBe(ja4(parsed(chrome), 't'))
  })

  it.each<[string, HelloFields]>([
    ['t12i020000_', { extensions: [] }],
    ['t12i0201h1_', { extensions: [16], protocols: ['http/1.1'] }],
    ['t12i0201aa_', { extensions: [16], protocols: ['a'] }],
    // No letters: the first and last hexadecimal digit of ab…cd.
    ['t12i0201ad_', { extensions: [16], protocols: ['\xab\xcd'] }],
    ['t10d0201', { version: 0x0301, extensions: [0], name: 'x' }],
    ['t13i990100_', { ciphers: Array.from({ length: 120 }, (_, index) => index), extensions: [43], versions: [0x0304] }], // prettier-ignore
  ])('begins with %s', (beginning, fields) => {
    expect(ja4(parsed(fields), 't').startsWith(beginning)).toBe(true)
  })

  it('has zeros where nothing is offered, and no algorithms where none are', () => {
    expect(ja4(parsed({ ciphers: [], extensions: [0], name: 'x' }), 't')).toBe(
      't12d000100_000000000000_000000000000',
    )
  })
})

/** As long as a hello with a post-quantum key share: 1,216 bytes of it. */
const long = clientHello({
  ...chrome,
  extensions: [...chrome.extensions!, [0x33, 'k'.repeat(1216)]],
})
const hello = tlsRecord(long)
const fingerprint = overTcp([['>', hello]]).told[0]

describe('a ClientHello over several segments', () => {
  it('is read whole from one', () => {
    expect(fingerprint).toMatchObject({ sni: 'example.com', alpn: ['h2', 'http/1.1'] })
  })

  it('is the same cut in two at any byte', () => {
    for (let at = 1; at < hello.length; at += 1) {
      const { told } = overTcp([['>', hello.subarray(0, at)], ['>', hello.subarray(at)]]) // prettier-ignore
      expect(told, `cut at ${at}`).toEqual([fingerprint])
    }
  })

  it('is the same in three, the later ones swapped or sent twice', () => {
    const parts = [hello.subarray(0, 600), hello.subarray(600, 1100), hello.subarray(1100)] as const
    const starts = [101, 701, 1201]
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [0, 0, 2, 2, 1],
      [0, 1, 0, 1, 2, 2],
    ]) {
      // prettier-ignore
      const talk = new Talk()
      for (const layer of tcpOpening()) talk.fold(layer)
      for (const index of order) talk.fold(segment('>', parts[index]!, starts[index]!))
      expect(talk.end().told, String(order)).toEqual([fingerprint])
    }
  })

  it('is the same byte by byte, and in records of 100 bytes', () => {
    const bytes = Array.from(hello, (byte) => ['>', new Uint8Array([byte])] as const)
    expect(overTcp(bytes).told).toEqual([fingerprint])
    const records = []
    for (let at = 0; at < long.length; at += 100) records.push(tlsRecord(long.slice(at, at + 100)))
    expect(overTcp([['>', concat(...records)]]).told).toEqual([fingerprint])
  })

  it('that never ends is given up, counted, and does not stop the others', () => {
    const endless = tlsRecord(handshake(1, new Uint8Array(60_000)).subarray(0, 16_000))
    const said = Array.from({ length: 8 }, (_, index) => ['>', endless.subarray(index * 1400, index * 1400 + 1400)] as const) // prettier-ignore
    const { told, statistics } = overTcp(said)
    expect(told).toEqual([])
    expect(statistics.lostMessages).toBe(1)
  })

  it('half sent by more flows than there are buffers leaves room for the next', () => {
    const talk = new Talk()
    for (let port = 1000; port < 1400; port += 1) {
      for (const layer of tcpOpening({ clientPort: port })) talk.fold(layer)
      talk.fold(segment('>', hello.subarray(0, 700), 101, { clientPort: port }))
    }
    talk.fold(segment('>', hello.subarray(700), 801, { clientPort: 1399 }))
    expect(talk.told).toEqual([fingerprint])
    expect(talk.table.statistics.lostMessages).toBe(400 - 256)
  })
})

describe('the server', () => {
  it('chooses version, cipher and protocol', () => {
    const chosen = tlsRecord(serverHello({ version: 0x0304, cipher: 0x1301 }))
    const { facts } = overTcp([['>', hello], ['<', chosen]]) // prettier-ignore
    expect(facts).toMatchObject({ version: 'TLS 1.3', cipher: 0x1301, sni: 'example.com' })
    const older = tlsRecord(serverHello({ alpn: 'h2' }))
    expect(overTcp([['>', hello], ['<', older]]).facts).toMatchObject({ version: 'TLS 1.2', alpn: ['h2'] }) // prettier-ignore
  })

  const flight = concat(tlsRecord(serverHello()), tlsRecord(certificateMessage()))

  it('shows its certificate, wherever segments cut it', () => {
    for (let at = 1; at < flight.length; at += 7) {
      const { facts } = overTcp([['>', hello], ['<', flight.subarray(0, at)], ['<', flight.subarray(at)]]) // prettier-ignore
      expect(facts, `cut at ${at}`).toMatchObject({
        subject: 'www.example.org',
        issuer: 'Example CA',
        isSelfSigned: false,
        notBefore: '2025-01-01T00:00:00Z',
        notAfter: '2050-01-01T12:00:00Z',
      })
    }
  })

  it('signs its own certificate', () => {
    const own = certificateMessage({ subject: 'c2', issuer: 'c2' })
    const { told } = overTcp([['>', hello], ['<', tlsRecord(concat(serverHello(), own))]]) // prettier-ignore
    expect(told[2]).toMatchObject({ kind: 'tls-certificate', subject: 'c2', isSelfSigned: true })
  })

  it('refuses with an alert', () => {
    const alert = tlsRecord(new Uint8Array([2, 40]), 21)
    expect(overTcp([['>', hello], ['<', alert]]).facts).toMatchObject({ alert: 40, cipher: null }) // prettier-ignore
  })
})

describe('where nobody listens', () => {
  it('the facts of the flow are the same', () => {
    const said = [['>', hello], ['<', tlsRecord(serverHello())]] as const // prettier-ignore
    expect(overTcp(said, { isHeard: false }).facts).toEqual(overTcp(said).facts)
  })
})
