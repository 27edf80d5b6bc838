import { describe, expect, test } from 'vitest'
import { icmp, icmp6 } from '../../../../support/packets/packet-builder.ts'
import { seededBytes } from '../../../../support/packets/seeded-bytes.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.7'
const SERVER = '192.0.2.9'

interface Echo {
  readonly client?: string
  readonly server?: string
  readonly sent?: Uint8Array
  readonly returned?: Uint8Array
  readonly sequence: number
}

/** A request, a reply or both, as far as they are given. */
function echo(traffic: WatchedTraffic, message: Echo): void {
  const { client = CLIENT, server = SERVER, sent, returned, sequence } = message
  const [build, request, reply] = client.includes(':') ? [icmp6, 128, 129] : [icmp, 8, 0]
  const fields = { identifier: 77, sequence: sequence & 0xffff }
  if (sent !== undefined)
    traffic.send(client, server, build({ ...fields, type: request, payload: sent }))
  if (returned !== undefined)
    traffic.send(server, client, build({ ...fields, type: reply, payload: returned }))
  traffic.wait(50_000)
}

/** The clock in front and a pattern behind, as ping sends it. */
function pingBytes(sequence: number, length: number, clockBytes = 16): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, index) => index & 255)
  bytes.set(seededBytes(sequence, Math.min(clockBytes, length)))
  return bytes
}

function tunnelsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'tunnel')
}

describe('an ICMP tunnel', () => {
  test.each([
    ['IPv4', CLIENT, SERVER],
    ['IPv6', '2001:db8::7', '2001:db8:1::9'],
  ])('is told by replies that are not what was sent, over %s', (_, client, server) => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 40; sequence += 1) {
      const sent = seededBytes(sequence, 90)
      const returned = seededBytes(sequence + 1000, 700)
      echo(traffic, { client, server, sent, returned, sequence })
    }
    expect(traffic.tellings.length).toBeGreaterThan(0)
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.icmp', host: client, attacker: server, severity: 6, isFinal: true },
    ])
  })

  test('is told by a few sentences that come back as they were sent', () => {
    const traffic = new WatchedTraffic()
    const sentences = [
      'The plan is to meet at the docks at midnight',
      'Bring the list of customers, on paper',
      'Nobody must know: delete the logs afterwards',
      'Payment as agreed, to the usual account',
      'Answer with the word tulip when you are there',
    ]
    sentences.forEach((text, sequence) => {
      const sent = Uint8Array.from(Buffer.from(text))
      echo(traffic, { sent, returned: sent, sequence })
    })
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.icmp', host: CLIENT, attacker: SERVER, severity: 4 },
    ])
  })

  test.each([
    ['the name of a tool', () => 'PRTG Network Monitor says hello to you'],
    ['the alphabet', () => 'abcdefghijklmnopqrstuvwabcdefghi'],
    ['counters', (at: number) => `probe ${at} of host web-${at * 7919} at ${at * 104729}`],
  ])('is not told of pings with %s', (_, text) => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 10; sequence += 1) {
      const sent = Uint8Array.from(Buffer.from(text(sequence)))
      echo(traffic, { sent, returned: sent, sequence })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test.each([
    ['ptunnel', [0xd5, 0x20, 0x08, 0x80]],
    ['ptunnel-ng', [0xde, 0xad, 0xc0, 0xde]],
  ])('is told by the header of %s, of however few messages', (_, magic) => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 6; sequence += 1) {
      const sent = seededBytes(sequence, 90)
      sent.set([...magic, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 2])
      echo(traffic, { sent, returned: sent, sequence })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ host: CLIENT, attacker: SERVER }])
  })

  test('is told by replies that nobody asked for', () => {
    const traffic = new WatchedTraffic()
    echo(traffic, { sent: seededBytes(1, 90), sequence: 0 })
    for (let sequence = 0; sequence < 60; sequence += 1) {
      echo(traffic, { returned: seededBytes(sequence + 50, 1000), sequence: 500 + sequence })
    }
    for (let sequence = 0; sequence < 9; sequence += 1) {
      echo(traffic, { sent: seededBytes(sequence + 900, 90), sequence: 900 + sequence })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.icmp', severity: 6 }])
  })

  test('that downloads fast, each piece in the reply to an empty poll, is told', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 60; sequence += 1) {
      const returned = seededBytes(sequence + 50, 1000)
      echo(traffic, { sent: new Uint8Array(5), returned, sequence })
      traffic.nowUs -= 49_000
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.icmp', host: CLIENT, severity: 6 }])
  })

  test('is told of a file that leaves by ping, though each reply is honest', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 60; sequence += 1) {
      const sent = seededBytes(sequence, 64)
      echo(traffic, { sent, returned: sent, sequence })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.icmp', host: CLIENT, severity: 4 }])
  })

  test('is told where only the requests were captured', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 60; sequence += 1) {
      echo(traffic, { sent: seededBytes(sequence, 200), sequence })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.icmp', host: CLIENT }])
  })
})

describe('no ICMP tunnel is', () => {
  test.each([
    ['ping of Linux', (sequence: number) => pingBytes(sequence, 56)],
    ['ping of Windows', () => Buffer.from('abcdefghijklmnopqrstuvwabcdefghi')],
    ['ping at its largest', (sequence: number) => pingBytes(sequence, 1472)],
    ['ping of growing size, in search of the MTU', (sequence: number) => pingBytes(1, 64 + sequence * 7)],
    ['fping, all zeros', () => new Uint8Array(84)],
    ['a monitor that counts in its text', (sequence: number) => Buffer.from(`                      ${99 - (sequence % 100)} bottles of beer on the wall`)],
    ['a monitor with a clock of its own and an identity', (sequence: number) => Buffer.concat([seededBytes(sequence, 8), seededBytes(sequence >> 3, 16), new Uint8Array(40)])],
  ] as const)('%s', (_, bytesOf) => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 200; sequence += 1) {
      const sent = bytesOf(sequence)
      echo(traffic, { sent, returned: sent, sequence })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  }) // prettier-ignore

  test('a server that returns less than was sent', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 100; sequence += 1) {
      const sent = pingBytes(sequence, 1000)
      echo(traffic, { sent, returned: sent.subarray(0, 64), sequence })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a worn-out device that returns zeros', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 100; sequence += 1) {
      echo(traffic, { sent: pingBytes(sequence, 56), returned: new Uint8Array(56), sequence })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a flood, from one source or from many, whatever it is filled with', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 3000; sequence += 1) {
      const payload = seededBytes(sequence, 120)
      const source = sequence % 2 === 0 ? '10.0.0.66' : `10.7.${sequence >> 8}.${sequence & 255}`
      traffic.send(source, SERVER, icmp({ type: 8, identifier: 1, sequence, payload }), 100)
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })
})
