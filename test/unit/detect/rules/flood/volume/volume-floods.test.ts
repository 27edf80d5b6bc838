import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../support/packets/ip-builder.ts'
import { icmp, icmp6, ipData, udp } from '../../../../../support/packets/packet-builder.ts'
import { seededBytes } from '../../../../../support/packets/seeded-bytes.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const VICTIM = '10.0.0.5'
const ATTACKER = '192.0.2.7'
const spoofed = (index: number) =>
  `${1 + ((index * 7) % 220)}.${(index * 31) % 256}.${(index * 17) % 256}.${index % 256}`
const floods = (traffic: WatchedTraffic) => traffic.end().filter(({ family }) => family === 'flood')

describe('a flood outside any conversation', () => {
  test.each([
    ['A', 'flood.ack'],
    ['R', 'flood.rst'],
    ['FA', 'flood.fin'],
    ['PA', 'flood.psh-ack'],
    ['FPU', 'flood.tcp'],
  ])('of segments %s from made-up sources is %s and names the victim alone', (flags, kind) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags })
    }
    expect(floods(traffic)).toMatchObject([{ kind, attacker: null, victims: [VICTIM] }])
  })

  test('of segments with every flag names their sender, answered or not, and not whom they meet', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(ATTACKER, VICTIM, { ...ports, flags: 'SAFRPU' })
    }
    const told = traffic.end()
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.tcp' }])
    for (const { attacker } of told) expect(attacker).toBe(ATTACKER)
  })

  test('is told of a few hundred segments that come in one burst, and not of as many in half a minute', () => {
    for (const stepUs of [1000, 60_000]) {
      for (const flags of ['A', 'FA', 'FPU']) {
        const traffic = new WatchedTraffic()
        for (let index = 0; index < 600; index += 1) {
          const ports = { sourcePort: 1024 + index, destinationPort: 80 }
          traffic.tcp(ATTACKER, VICTIM, { ...ports, flags }, stepUs)
        }
        const told = floods(traffic).map(({ attacker }) => attacker)
        expect(told).toEqual(stepUs === 1000 ? [ATTACKER] : [])
      }
    }
  })

  test.each([
    ['each of one length, from ever new ports,', (_: number) => 400, true],
    ['that differ in length', (index: number) => 400 + (index % 7), false],
    ['as short as a clock or a counter sends', (_: number) => 48, false],
  ])('of a burst of datagrams %s is told or not', (_, bytes, isTold) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 700; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 8099 }
      traffic.udp(ATTACKER, VICTIM, { ...ports, payload: 'X'.repeat(bytes(index)) }, 1000)
    }
    const told = floods(traffic).map(({ attacker }) => attacker)
    expect(told).toEqual(isTold ? [ATTACKER] : [])
  })

  test('of what is no question at a name server that refuses each is told, a crowd of clients is not', () => {
    for (const [bytes, kinds] of [
      [12, ['flood.udp']],
      [60, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 6000; index += 1) {
        const ports = { sourcePort: 1024 + index, destinationPort: 53 }
        traffic.udp(spoofed(index), VICTIM, { ...ports, payload: 'X'.repeat(200) }, 300)
        const back = { sourcePort: 53, destinationPort: 1024 + index }
        traffic.udp(VICTIM, spoofed(index), { ...back, payload: new Uint8Array(bytes) }, 300)
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of long datagrams to one port, each from another, is told at a moderate rate; of short ones it is not', () => {
    for (const [bytes, sources, kinds] of [
      [1200, 60_000, ['flood.udp']],
      [90, 60_000, []],
      [1200, 40, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 4000; index += 1) {
        const ports = { sourcePort: 1024 + index, destinationPort: 443 }
        const payload = seededBytes(index, bytes)
        traffic.udp(spoofed(index % sources), VICTIM, { ...ports, payload }, 3000)
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of the same large datagram is told by half as many as of a small one', () => {
    for (const [bytes, kinds] of [
      [1200, ['flood.udp']],
      [40, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 2200; index += 1) {
        const ports = { sourcePort: 4000, destinationPort: 27016 }
        traffic.udp(ATTACKER, VICTIM, { ...ports, payload: 'X'.repeat(bytes) }, 1300)
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of datagrams from one source names it, with changing ports or with one', () => {
    for (const isOnePort of [true, false]) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 6000; index += 1) {
        const sourcePort = isOnePort ? 5555 : 1024 + index
        traffic.udp(ATTACKER, VICTIM, { sourcePort, destinationPort: 80, payload: 'XXXX' })
      }
      expect(floods(traffic)).toMatchObject([
        { kind: 'flood.udp', attacker: ATTACKER, victims: [VICTIM] },
      ])
    }
  })

  test('of sound that nobody could listen to is told, and of calls it is not', () => {
    for (const [stepUs, speakers, kinds] of [
      [1000, 1, ['flood.udp']],
      [20_000, 1, []],
      [1000, 20, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 6000; index += 1) {
        const payload = seededBytes(index, 172)
        payload.set([0x80, 0, index >> 8, index & 255, 0, 0, 0, 0, 0, 0, 0, index % speakers])
        traffic.udp(ATTACKER, VICTIM, { sourcePort: 17_000, destinationPort: 16_384, payload }, stepUs) // prettier-ignore
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of one ACK repeated, each answered by a reset, names its sender', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 6666, destinationPort: 80 }
      traffic.tcp(ATTACKER, VICTIM, { ...ports, flags: 'A' }, 500)
      traffic.tcp(VICTIM, ATTACKER, { sourcePort: 80, destinationPort: 6666, flags: 'R' }, 500)
    }
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.ack', attacker: ATTACKER }])
  })

  test('over IPv6, and of a protocol of its own, is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4000; index += 1) {
      const source = `2001:db8:${index.toString(16)}::1`
      traffic.udp(source, 'fd00::5', {
        sourcePort: 1024 + index,
        destinationPort: 1000 + (index % 9),
      })
      traffic.send(spoofed(index), VICTIM, ipData(99, 'XXXX'))
    }
    const kinds = floods(traffic).map(({ kind, victims }) => [kind, ...victims])
    expect(kinds).toContainEqual(['flood.udp', 'fd00::5'])
    expect(kinds).toContainEqual(['flood.ip', VICTIM])
  })
})

describe('an ICMP flood', () => {
  test('from one host names it, and not whom it replies to', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) traffic.ping(ATTACKER, VICTIM, true)
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.icmp', attacker: ATTACKER, victims: [VICTIM] },
    ])
  })

  test('is told of a few hundred pings in one burst, and not of as many in half a minute', () => {
    for (const stepUs of [1000, 60_000]) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 700; index += 1) {
        traffic.send(ATTACKER, VICTIM, icmp({ type: 8, identifier: 7 }), stepUs)
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(stepUs === 1000 ? ['flood.icmp'] : [])
    }
  })

  test('from made-up hosts names the victim alone', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      traffic.send(spoofed(index), VICTIM, icmp({ type: 8, identifier: index }))
    }
    expect(floods(traffic)).toMatchObject([{ attacker: null, victims: [VICTIM], severity: 7 }])
  })

  test('of errors about packets of others is told, of as many about its own it is not', () => {
    for (const [quoted, kinds] of [
      ['198.51.100.9', ['flood.icmp']],
      [VICTIM, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      const refused = udp({ sourcePort: 5000, destinationPort: 53, payload: 'x' })
      const payload = ipv4({ source: quoted, destination: '192.0.2.1' }, refused).bytes
      for (let index = 0; index < 3000; index += 1) {
        traffic.send(spoofed(index), VICTIM, icmp({ type: 3, code: 1, payload }))
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of ports that others than their hosts refuse is told, of as many that these refuse it is not', () => {
    for (const [refuses, kinds] of [
      [(index: number) => spoofed(index + 1), ['flood.icmp']],
      [spoofed, []],
    ] as const) {
      const traffic = new WatchedTraffic()
      const refused = udp({ sourcePort: 5000, destinationPort: 53, payload: 'x' })
      for (let index = 0; index < 3000; index += 1) {
        const payload = ipv4({ source: VICTIM, destination: spoofed(index) }, refused).bytes
        traffic.send(refuses(index), VICTIM, icmp({ type: 3, code: 3, payload }))
      }
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('of router advertisements to all nodes is found at a rate no router has', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 500; index += 1) {
      const source = `fe80::${index.toString(16)}:1`
      traffic.send(source, 'ff02::1', icmp6({ type: 134 }), 10_000)
    }
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.icmpv6', attacker: null, victims: ['ff02::1'] },
    ])
  })
})

test.each([
  ['in one burst', 500, ['flood.icmpv6']],
  ['in half a minute', 60_000, []],
])('of solicitations by made-up hosts to all nodes, %s', (_, stepUs, kinds) => {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < 450; index += 1) {
    const source = `fe80::200:${(index * 7919).toString(16).slice(-4)}:${index.toString(16)}`
    traffic.send(source, 'ff02::1', icmp6({ type: 135 }), stepUs)
  }
  expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
})

test('a flood of listener reports is found, from one host and from made-up ones', () => {
  for (const sources of [1, 60_000]) {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 600; index += 1) {
      const source = `fe80::${(index % sources).toString(16)}:1`
      traffic.send(source, 'ff02::16', icmp6({ type: 143 }), 15_000)
    }
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.icmpv6', victims: ['ff02::16'] }])
  }
})

describe('the flood detectors keep quiet about', () => {
  test('fifty hosts that start together and tell which groups they listen to', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 12; round += 1) {
      for (let host = 1; host <= 50; host += 1) {
        traffic.send(`fe80::${host}`, 'ff02::16', icmp6({ type: 143 }), 15_000)
      }
    }
    expect(traffic.end()).toEqual([])
  })

  test('a download over QUIC at full speed, from its middle and from one side too', () => {
    for (const isOneWay of [true, false]) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 20000; index += 1) {
        const payload = new Uint8Array(1200).fill(index & 255)
        payload[5] = index >> 8
        const ports = { sourcePort: 443, destinationPort: 50000 }
        traffic.udp('198.51.100.1', VICTIM, { ...ports, payload }, 100)
        if (isOneWay || index % 4 !== 0) continue
        const back = { sourcePort: 50000, destinationPort: 443 }
        traffic.udp(VICTIM, '198.51.100.1', { ...back, payload: `ack ${index}` }, 100)
      }
      expect(traffic.end()).toEqual([])
    }
  })

  test('the ACKs of an upload at full speed', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 12000; index += 1) {
      const out = { sourcePort: 50000, destinationPort: 443, sequence: 1 + index * 1000 }
      traffic.tcp(VICTIM, ATTACKER, { ...out, flags: 'A', payload: new Uint8Array(1000) }, 100)
      const back = { sourcePort: 443, destinationPort: 50000, sequence: 1 }
      traffic.tcp(
        ATTACKER,
        VICTIM,
        { ...back, flags: 'A', acknowledgement: 1001 + index * 1000 },
        100,
      )
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a busy server whose connections began before the capture', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 4; round += 1) {
      for (let index = 0; index < 1500; index += 1) {
        const ports = { sourcePort: 1024 + index, destinationPort: 443, sequence: 1 + round }
        traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'A' }, 300)
      }
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a measurement by datagrams that count, and a camera', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 12000; index += 1) {
      const payload = new Uint8Array(1400)
      payload[2] = index >> 8
      payload[3] = index & 255
      traffic.udp(ATTACKER, VICTIM, { sourcePort: 5001, destinationPort: 5001, payload }, 500)
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a name server that answers thousands, and a collector of logs', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 53 }
      traffic.udp(spoofed(index), VICTIM, { ...ports, payload: `q${index}` }, 500)
      const back = { sourcePort: 53, destinationPort: ports.sourcePort }
      traffic.udp(VICTIM, spoofed(index), { ...back, payload: `a${index}` }, 500)
      const log = { sourcePort: 1024 + index, destinationPort: 514 }
      traffic.udp(spoofed(index % 50), '10.0.0.6', { ...log, payload: `<13>${index}` }, 2000)
    }
    expect(floods(traffic)).toEqual([])
  })

  test('the log of one firewall, whose lines begin alike', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const line = `<134>Mar 14 10:11:12 fw1 %ASA-6-302013: Built connection ${100000 + index} for outside`
      traffic.udp(
        ATTACKER,
        VICTIM,
        { sourcePort: 40000, destinationPort: 514, payload: line },
        1200,
      )
    }
    expect(floods(traffic)).toEqual([])
  })

  test('monitoring by ping, and a scanner’s resets', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 500; index += 1)
      traffic.ping(ATTACKER, `10.0.0.${index % 250}`, true)
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 40000, destinationPort: 1 + index }
      traffic.tcp(ATTACKER, VICTIM, { ...ports, flags: 'S' }, 500)
      const back = { sourcePort: ports.destinationPort, destinationPort: 40000 }
      traffic.tcp(VICTIM, ATTACKER, { ...back, flags: 'RA', sequence: 0, acknowledgement: 9 }, 500)
    }
    expect(floods(traffic)).toEqual([])
  })
})
