import { describe, expect, test } from 'vitest'
import { seededBytes } from '../../../../support/packets/seeded-bytes.ts'
import { RemoteSession } from '../../../../support/hosts/remote-session.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.7'
const SERVER = '192.0.2.9'
const SSH = 'SSH-2.0-OpenSSH_9.6\r\n'

/** A conversation over TCP: the client's first words, the server's, then so many segments of each. */
function converse(
  traffic: WatchedTraffic,
  port: number,
  words: readonly [string, string],
  segments = 20,
): void {
  const there = { sourcePort: 43210, destinationPort: port }
  const back = { sourcePort: port, destinationPort: 43210 }
  traffic.tcp(CLIENT, SERVER, { ...there, flags: 'S', sequence: 999 })
  traffic.tcp(SERVER, CLIENT, { ...back, flags: 'SA', sequence: 4999, acknowledgement: 1000 })
  let [client, server] = [1000, 5000]
  for (let count = 0; count <= segments; count += 1) {
    const said = [...words].map((word, side) =>
      count === 0 ? Buffer.from(word, 'latin1') : seededBytes(count * 2 + side, 200),
    )
    traffic.tcp(CLIENT, SERVER, { ...there, flags: 'PA', sequence: client, payload: said[0]! })
    traffic.tcp(SERVER, CLIENT, { ...back, flags: 'PA', sequence: server, payload: said[1]! })
    client += said[0]!.length
    server += said[1]!.length
  }
}

/** Datagrams each way between the same two ports. */
function exchange(traffic: WatchedTraffic, port: number, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const fields = { sourcePort: 50_001, destinationPort: port, payload: filled(index) }
    traffic.udp(CLIENT, SERVER, fields)
    const back = { sourcePort: port, destinationPort: 50_001, payload: filled(index + 5000) }
    traffic.udp(SERVER, CLIENT, back)
  }
}

/** Bytes that begin as WireGuard's data packets do. */
const filled = (seed: number): Uint8Array =>
  Buffer.concat([Buffer.from([4, 0, 0, 0]), seededBytes(seed, 140)])

function tunnelsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'tunnel')
}

describe('on a port of another protocol', () => {
  test('SSH on 53 is an alert', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, 53, [SSH, SSH])
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.odd-port', severity: 5, host: CLIENT, attacker: SERVER, count: 1 },
    ])
  })

  test('SSH on 443 is notable, since administrators do that', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, 443, [SSH, SSH])
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.odd-port', severity: 3 }])
  })

  test('a VPN on 53/UDP is an alert', () => {
    const traffic = new WatchedTraffic()
    exchange(traffic, 53, 60)
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.dns.not-dns', severity: 5, host: CLIENT },
    ])
  })

  test.each([
    ['a proxy, asked for the web', 'CONNECT 192.0.2.80:443 HTTP/1.0\r\n\r\n', 'HTTP/1.1 200 Connection established\r\n\r\n', SSH],
    ['a WebSocket', 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n', `\x82\x15${SSH}`],
  ])('SSH within %s is an alert', (_, request, answered, words) => {
    const traffic = new WatchedTraffic()
    const session = new RemoteSession(traffic, { client: CLIENT, server: SERVER, clientPort: 43_210, serverPort: 8080 })
    session.say(request).hear(answered).say('\x82\x84abcd1234').hear(words).close()
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.http-connect', severity: 4, host: CLIENT, attacker: SERVER },
    ])
  }) // prettier-ignore

  test('SSH within what a proxy was asked for is an alert where the client alone is captured', () => {
    const traffic = new WatchedTraffic({ hears: (source) => source === CLIENT })
    const ports = { client: CLIENT, server: SERVER, clientPort: 43_211, serverPort: 3128 }
    const session = new RemoteSession(traffic, ports)
    session.say('CONNECT 192.0.2.80:443 HTTP/1.0\r\n\r\n').hear('HTTP/1.1 200 OK\r\n\r\n').say(SSH)
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.http-connect', host: CLIENT }])
  })

  test('a proxy asked for a login port is told of', () => {
    const traffic = new WatchedTraffic()
    const request = 'CONNECT shell.example.com:22 HTTP/1.1\r\nHost: shell.example.com:22\r\n\r\n'
    converse(traffic, 3128, [request, 'HTTP/1.1 200 Connection established\r\n\r\n'])
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.http-connect', severity: 4 }])
  })
})

describe('nothing odd is', () => {
  test('SSH on its own port, or on a high one', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, 22, [SSH, SSH])
    converse(traffic, 2222, [SSH, SSH])
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a probe for SSH on the ports of the web', () => {
    const traffic = new WatchedTraffic()
    for (const port of [53, 80, 443]) converse(traffic, port, [SSH, SSH], 1)
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('encrypted DNS on 53, a question and an answer a flow', () => {
    const traffic = new WatchedTraffic()
    exchange(traffic, 53, 2)
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a proxy asked for the web', () => {
    const traffic = new WatchedTraffic()
    const request = 'CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com:443\r\n\r\n'
    converse(traffic, 3128, [request, 'HTTP/1.1 200 Connection established\r\n\r\n'])
    expect(tunnelsIn(traffic)).toEqual([])
  })
})
