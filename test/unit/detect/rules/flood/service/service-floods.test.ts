import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/watched-traffic.ts'

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

describe('a flood of DHCP', () => {
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
