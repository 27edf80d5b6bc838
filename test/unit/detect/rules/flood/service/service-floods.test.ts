import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../support/packets/ip-builder.ts'
import { arp, concat, ethernet, udp } from '../../../../../support/packets/packet-builder.ts'
import { clientHello, tlsRecord } from '../../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const floods = (traffic: WatchedTraffic) => traffic.end().filter(({ family }) => family === 'flood')

/** A BOOTREQUEST of the client with this number. */
function discover(client: number, relay = 0): Uint8Array {
  const message = new Uint8Array(244)
  message.set([1, 1, 6, 0])
  message[27] = relay
  message.set([2, 0, 0, client >> 16, (client >> 8) & 255, client & 255], 28)
  return message
}

const dhcp = { sourcePort: 68, destinationPort: 67 }

function opened(traffic: WatchedTraffic, sourcePort: number): void {
  const back = { sourcePort: 80, destinationPort: sourcePort }
  const ports = { sourcePort, destinationPort: 80 }
  traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'S', sequence: 100 })
  traffic.tcp(SERVER, CLIENT, { ...back, flags: 'SA', sequence: 500, acknowledgement: 101 })
  traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'A', sequence: 101, acknowledgement: 501 })
}

function closed(traffic: WatchedTraffic, sourcePort: number, sequence: number): void {
  traffic.tcp(CLIENT, SERVER, { sourcePort, destinationPort: 80, flags: 'FA', sequence })
  const back = { sourcePort: 80, destinationPort: sourcePort, flags: 'FA', sequence: 501 }
  traffic.tcp(SERVER, CLIENT, { ...back, acknowledgement: sequence + 1 })
  const last = { sourcePort, destinationPort: 80, flags: 'A', sequence: sequence + 1 }
  traffic.tcp(CLIENT, SERVER, { ...last, acknowledgement: 502 })
}

/** A client asks under a card of its own, and, where it exists, asks the link about its new address. */
function lease(traffic: WatchedTraffic, client: number, isThere: boolean, again = true): void {
  const source = `02:00:00:00:${(client >> 8).toString(16).padStart(2, '0')}:${(client & 255).toString(16).padStart(2, '0')}` // prettier-ignore
  const ends = { source: '0.0.0.0', destination: '255.255.255.255' }
  const to = { source, destination: 'ff:ff:ff:ff:ff:ff' }
  const ask = ethernet(ipv4(ends, udp({ ...dhcp, payload: discover(client) })), to)
  traffic.frame(ask, 1000)
  if (again) traffic.frame(ask, 30_000)
  if (!isThere) return
  const target = `10.0.${client >> 8}.${client & 255}`
  const probe = arp({ operation: 1, senderMac: source, sender: '0.0.0.0', target })
  traffic.frame(ethernet(probe, to), 1000)
}

describe('a flood of DHCP', () => {
  test('of made-up cards is told; a room full of clients that start at once is not', () => {
    for (const isThere of [false, true]) {
      const traffic = new WatchedTraffic()
      for (let client = 0; client < 400; client += 1) lease(traffic, client, isThere)
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(isThere ? [] : ['flood.dhcp'])
    }
  })

  test('is not what thirty clients make that ask a slow server again and again, and are never answered', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 9; round += 1) {
      for (let client = 0; client < 30; client += 1) lease(traffic, client, false)
      traffic.wait(100_000)
    }
    expect(floods(traffic)).toEqual([])
  })

  test('in the name of thirty clients is told by its haste', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 900; index += 1) {
      const source = `02:00:00:00:00:${(16 + (index % 30)).toString(16)}`
      const ends = { source: '0.0.0.0', destination: '255.255.255.255' }
      const message = ipv4(ends, udp({ ...dhcp, payload: discover(index % 30) }))
      traffic.frame(ethernet(message, { source, destination: 'ff:ff:ff:ff:ff:ff' }), 10_000)
    }
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.dhcp' }])
  })

  test('of no more than a hundred and fifty made-up cards within seconds is told', () => {
    for (const isThere of [false, true]) {
      const traffic = new WatchedTraffic()
      for (let client = 0; client < 150; client += 1) lease(traffic, client, isThere, false)
      expect(floods(traffic).map(({ kind }) => kind)).toEqual(isThere ? [] : ['flood.dhcp'])
    }
  })

  test('that lasts no longer than a moment is told while it lasts', () => {
    const traffic = new WatchedTraffic()
    for (let client = 0; client < 3000; client += 1) {
      traffic.udp('0.0.0.0', '255.255.255.255', { ...dhcp, payload: discover(client) }, 0)
    }
    expect(traffic.tellings).toMatchObject([{ kind: 'flood.dhcp', isFinal: false }])
  })

  test('does not make a sweep of what the server answers', () => {
    const traffic = new WatchedTraffic()
    for (let client = 0; client < 100; client += 1) {
      const payload = discover(client)
      payload[0] = 2
      const back = { sourcePort: 67, destinationPort: 68, payload }
      traffic.udp('10.0.0.1', `10.0.0.${100 + client}`, back, 30_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('by broadcast names the segment, and the server that answers', () => {
    const traffic = new WatchedTraffic()
    for (let client = 0; client < 1500; client += 1) {
      traffic.udp('0.0.0.0', '255.255.255.255', { ...dhcp, payload: discover(client) })
      if (client % 100 !== 99) continue
      const payload = discover(client)
      payload[0] = 2
      const back = { sourcePort: 67, destinationPort: 68, payload }
      traffic.udp('10.0.0.1', '255.255.255.255', back)
    }
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.dhcp', attacker: null, victims: ['255.255.255.255', '10.0.0.1'] },
    ])
  })

  test('too slow for that is found by one link address that speaks for many clients', () => {
    const traffic = new WatchedTraffic()
    for (let client = 0; client < 60; client += 1) {
      const fields = { ...dhcp, payload: discover(client) }
      traffic.udp('0.0.0.0', '255.255.255.255', fields, 700_000)
    }
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.dhcp' }])
  })

  test('is not what a relay forwards for a large network', () => {
    const traffic = new WatchedTraffic()
    for (let client = 0; client < 500; client += 1) {
      const fields = { ...dhcp, payload: discover(client, 1) }
      traffic.udp('10.1.0.1', '10.0.0.1', fields, 30_000)
    }
    expect(floods(traffic)).toEqual([])
  })
})

describe('a flood of connections', () => {
  test('that say nothing names the client', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 400; index += 1) {
      opened(traffic, 20000 + index)
      closed(traffic, 20000 + index, 101)
    }
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.connections', attacker: CLIENT, victims: [SERVER] },
    ])
  })

  test('for the same page is an HTTP flood, graver under many names', () => {
    for (const [agents, severity] of [
      [1, 4],
      [40, 6],
    ] as const) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 1500; index += 1) {
        const sourcePort = 10000 + index
        opened(traffic, sourcePort)
        const payload = `GET /?q=${index} HTTP/1.1\r\nHost: a\r\nUser-Agent: ua${index % agents}\r\n\r\n`
        const ports = { sourcePort, destinationPort: 80, flags: 'PA' }
        traffic.tcp(CLIENT, SERVER, { ...ports, sequence: 101, acknowledgement: 501, payload })
        const back = { sourcePort: 80, destinationPort: sourcePort, flags: 'PA', sequence: 501 }
        const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
        traffic.tcp(SERVER, CLIENT, { ...back, payload: answer })
        closed(traffic, sourcePort, 101 + payload.length)
      }
      expect(floods(traffic)).toMatchObject([{ kind: 'flood.http', attacker: CLIENT, severity }])
    }
  })

  test('is not a health check, nor a client that asks for many pages', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 100; index += 1) {
      opened(traffic, 20000 + index)
      closed(traffic, 20000 + index, 101)
      traffic.wait(500_000)
    }
    expect(floods(traffic)).toEqual([])
  })
})

describe('slow HTTP', () => {
  test('of heads that never end, and of readers that never read, names the client', () => {
    for (const isReader of [false, true]) {
      const traffic = new WatchedTraffic()
      const ports = Array.from({ length: 80 }, (_, index) => 30000 + index)
      for (const port of ports) opened(traffic, port)
      for (let round = 0; round < 6; round += 1) {
        for (const sourcePort of ports) {
          const to = { sourcePort, destinationPort: 80 }
          const payload = round === 0 ? 'GET / HTTP/1.1\r\nHost: a\r\n' : 'X-a: bcdefgh\r\n'
          if (isReader) traffic.tcp(CLIENT, SERVER, { ...to, flags: 'A', window: 0 })
          else
            traffic.tcp(CLIENT, SERVER, { ...to, flags: 'PA', sequence: 101 + round * 30, payload })
        }
        traffic.wait(2_000_000)
      }
      expect(floods(traffic)).toMatchObject([
        { kind: 'flood.slow-http', attacker: CLIENT, victims: [SERVER] },
      ])
    }
  })
})

test('connections to the web held by a byte now and then are told as slow HTTP', () => {
  const held = (port: number, isAnswered: boolean): string[] => {
    const traffic = new WatchedTraffic()
    const ports = Array.from({ length: 80 }, (_, index) => 30_000 + index)
    const ends = (sourcePort: number) => ({ sourcePort, destinationPort: port })
    for (const sourcePort of ports) {
      traffic.tcp(CLIENT, SERVER, { ...ends(sourcePort), flags: 'S', sequence: 100 })
      const back = { sourcePort: port, destinationPort: sourcePort }
      traffic.tcp(SERVER, CLIENT, { ...back, flags: 'SA', sequence: 500, acknowledgement: 101 })
      traffic.tcp(CLIENT, SERVER, { ...ends(sourcePort), flags: 'A', sequence: 101 })
      if (isAnswered) traffic.tcp(SERVER, CLIENT, { ...back, flags: 'PA', sequence: 501, payload: 'hi' }) // prettier-ignore
    }
    for (let round = 0; round < 6; round += 1) {
      for (const sourcePort of ports) {
        const said = { flags: 'PA', sequence: 101 + round, payload: '\0' }
        traffic.tcp(CLIENT, SERVER, { ...ends(sourcePort), ...said })
      }
      traffic.wait(2_000_000)
    }
    return floods(traffic).map(({ kind, attacker }) => `${kind} ${attacker}`)
  }
  expect(held(80, false)).toEqual([`flood.slow-http ${CLIENT}`])
  expect(held(80, true)).toEqual([])
  expect(held(9100, false)).toEqual([])
})

test('connections to the web that are opened and left without a word are told as slow HTTP', () => {
  const left = (count: number, port: number): string[] => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < count; index += 1) {
      const to = { sourcePort: 30_000 + index, destinationPort: port }
      const back = { sourcePort: port, destinationPort: 30_000 + index }
      traffic.tcp(CLIENT, SERVER, { ...to, flags: 'S', sequence: 100 })
      traffic.tcp(SERVER, CLIENT, { ...back, flags: 'SA', sequence: 500, acknowledgement: 101 })
      traffic.tcp(CLIENT, SERVER, { ...to, flags: 'A', sequence: 101 })
      traffic.wait(200_000)
    }
    traffic.wait(30_000_000)
    return floods(traffic).map(({ kind, attacker }) => `${kind} ${attacker}`)
  }
  expect(left(160, 443)).toEqual([`flood.slow-http ${CLIENT}`])
  expect(left(60, 443)).toEqual([])
  expect(left(160, 9200)).toEqual([])
})

/** Requests over a few connections that are kept. */
function asks(traffic: WatchedTraffic, count: number, request: (index: number) => string): void {
  const next = [0, 0, 0, 0].map(() => 101)
  for (const sourcePort of [0, 1, 2, 3]) opened(traffic, 20_000 + sourcePort)
  for (let index = 0; index < count; index += 1) {
    const payload = request(index)
    const at = index % 4
    const ports = { sourcePort: 20_000 + at, destinationPort: 80, flags: 'PA' }
    traffic.tcp(CLIENT, SERVER, { ...ports, sequence: next[at]!, payload })
    next[at]! += payload.length
  }
}

describe('a flood of requests over connections that are kept', () => {
  test('is told while it goes on', () => {
    const traffic = new WatchedTraffic()
    asks(traffic, 5000, () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const told = traffic.stories().filter(({ family }) => family === 'flood')
    expect(told).toMatchObject([{ kind: 'flood.http', attacker: CLIENT, victims: [SERVER] }])
  })

  test('is not a gateway that asks for many things, nor a program that posts', () => {
    const traffic = new WatchedTraffic()
    asks(traffic, 4000, (index) => `GET /search?q=${index} HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(floods(traffic)).toEqual([])
    const posting = new WatchedTraffic()
    asks(posting, 4000, () => 'POST /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
    expect(floods(posting)).toEqual([])
  })
})

describe('connections over TLS', () => {
  const hello = tlsRecord(clientHello())
  const handshake = (traffic: WatchedTraffic, sourcePort: number, request: number): void => {
    opened(traffic, sourcePort)
    const ports = { sourcePort, destinationPort: 80, flags: 'PA' }
    const payload = concat(hello, new Uint8Array(request))
    traffic.tcp(CLIENT, SERVER, { ...ports, sequence: 101, payload })
    const back = { sourcePort: 80, destinationPort: sourcePort, flags: 'PA', sequence: 501 }
    traffic.tcp(SERVER, CLIENT, { ...back, payload: new Uint8Array(900) })
    closed(traffic, sourcePort, 101 + payload.length)
  }

  test('one after the other and alike are a flood', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 1500; index += 1) handshake(traffic, 10_000 + index, 300)
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.tls', attacker: CLIENT }])
  })

  test('of a proxy, each with another request, are none', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 1500; index += 1) handshake(traffic, 10_000 + index, index % 900)
    expect(floods(traffic)).toEqual([])
  })

  test.each([
    [0, ['flood.slow-http']],
    [1, []],
  ])('held by trickles are slow HTTP where the server never answers (%i)', (answers, kinds) => {
    const traffic = new WatchedTraffic()
    const ports = Array.from({ length: 60 }, (_, index) => 30_000 + index)
    for (const sourcePort of ports) opened(traffic, sourcePort)
    for (let round = 0; round < 8; round += 1) {
      for (const [index, sourcePort] of ports.entries()) {
        const to = { sourcePort, destinationPort: 80, flags: 'PA' }
        const payload = round === 0 ? hello : new Uint8Array(40)
        const sequence = round === 0 ? 101 : 61 + hello.length + round * 40
        traffic.tcp(CLIENT, SERVER, { ...to, sequence, payload })
        const back = { sourcePort: 80, destinationPort: sourcePort, flags: 'PA' }
        const size = round === 0 ? 1500 : answers * (10 + index)
        const said = { ...back, sequence: round === 0 ? 501 : 2001 + (round - 1) * size }
        if (size > 0) traffic.tcp(SERVER, CLIENT, { ...said, payload: new Uint8Array(size) })
      }
      traffic.wait(2_000_000)
    }
    expect(floods(traffic).map(({ kind }) => kind)).toEqual(kinds)
  })
})

test('slow HTTP shared out among many clients is told for the server, and names nobody', () => {
  const traffic = new WatchedTraffic()
  const clients = Array.from({ length: 120 }, (_, index) => index)
  for (let round = 0; round < 6; round += 1) {
    for (const index of clients) {
      const client = `198.51.100.${1 + (index % 40)}`
      const to = { sourcePort: 30_000 + index, destinationPort: 80 }
      if (round === 0) traffic.tcp(client, SERVER, { ...to, flags: 'S', sequence: 100 })
      const payload = round === 0 ? 'GET / HTTP/1.1\r\nHost: a\r\n' : 'X-a: bcdefgh\r\n'
      traffic.tcp(client, SERVER, { ...to, flags: 'PA', sequence: 101 + round * 30, payload })
    }
    traffic.wait(2_000_000)
  }
  expect(floods(traffic)).toMatchObject([
    { kind: 'flood.slow-http', attacker: null, victims: [SERVER] },
  ])
})
