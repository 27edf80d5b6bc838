import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../support/packets/ip-builder.ts'
import { icmp, ipData, udp } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.9'
const SERVER = '198.51.100.20'

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

describe('the port scan detector keeps quiet about', () => {
  test('a browser that opens hundreds of connections to one server', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(40000, 300)) {
      traffic.conversation(CLIENT, SERVER, { sourcePort: port, destinationPort: 443 }, [500, -9000])
    }
    expect(traffic.end()).toEqual([])
  })

  test('routers that have many protocols to pass on to each other, also from one side', () => {
    const traffic = new WatchedTraffic()
    for (const round of range(0, 20)) {
      for (const protocol of [46, 50, 51, 88, 94, 97, 103, 108, 115, 137]) {
        traffic.send(CLIENT, SERVER, ipData(protocol, new Uint8Array(200 + round)))
      }
    }
    expect(traffic.end()).toEqual([])
  })

  test('passive FTP, a data port a file, also in one direction only', () => {
    const both = new WatchedTraffic()
    for (const index of range(0, 200)) {
      const ports = { sourcePort: 41000 + index, destinationPort: 50000 + index }
      both.conversation(CLIENT, SERVER, ports, [-1400, -1400])
    }
    expect(both.end()).toEqual([])
  })

  test('passive FTP whose data ports a firewall swallows', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 25)) {
      const ports = { sourcePort: 41000 + index, destinationPort: 50000 + index * 7 }
      traffic.socketSyn(CLIENT, SERVER, ports)
      traffic.wait(20_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('active FTP: the server opening many ports of its client', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(50000, 200)) {
      traffic.conversation(SERVER, CLIENT, { sourcePort: 20, destinationPort: port }, [1400, 1400])
    }
    expect(traffic.end()).toEqual([])
  })

  test('a server speaking on to many ports of a client when the capture begins', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(32768, 500)) {
      const ports = { sourcePort: 443, destinationPort: port }
      traffic.tcp(SERVER, CLIENT, { ...ports, flags: 'A' })
      traffic.tcp(SERVER, CLIENT, { ...ports, flags: 'FA' })
    }
    expect(traffic.end()).toEqual([])
  })

  test('backscatter: SYN-ACKs and RSTs from nowhere to many ports', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1024, 500)) {
      const ports = { sourcePort: 80, destinationPort: port }
      traffic.tcp(SERVER, CLIENT, { ...ports, flags: port % 2 === 0 ? 'SA' : 'RA' })
    }
    expect(traffic.end()).toEqual([])
  })

  test('a resolver whose answers alone are captured', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(20000, 500)) {
      const ports = { sourcePort: 53, destinationPort: port }
      traffic.udp(SERVER, CLIENT, { ...ports, payload: 'an answer of some length' })
    }
    expect(traffic.end()).toEqual([])
  })

  test('a UDP traceroute', () => {
    const traffic = new WatchedTraffic()
    for (const probe of range(0, 90)) {
      const ports = { sourcePort: 40000 + probe, destinationPort: 33434 + probe }
      const datagram = udp({ ...ports, payload: 'traceroute' })
      traffic.send(CLIENT, SERVER, datagram)
      const quoted = ipv4({ source: CLIENT, destination: SERVER }, datagram).bytes
      traffic.send('203.0.113.1', CLIENT, icmp({ type: 11, payload: quoted }))
    }
    expect(traffic.end()).toEqual([])
  })

  test('calls, each with a media port of its own, seen in one direction', () => {
    const traffic = new WatchedTraffic()
    for (const call of range(0, 30)) {
      const ports = { sourcePort: 30000 + call * 2, destinationPort: 16384 + call * 2 }
      for (let sent = 0; sent < 20; sent += 1) {
        traffic.udp(CLIENT, SERVER, { ...ports, payload: new Uint8Array(172) }, 20_000)
      }
      traffic.silence(61_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a monitor that checks eight services of a host, some of them down, all day long', () => {
    const traffic = new WatchedTraffic()
    const services = [22, 25, 80, 143, 443, 993, 3306, 8080]
    for (let round = 0; round < 100; round += 1) {
      for (const [index, port] of services.entries()) {
        const ports = { sourcePort: 40000 + round * 8 + index, destinationPort: port }
        if (index % 2 === 0) traffic.conversation(CLIENT, SERVER, ports, [])
        else traffic.socketSyn(CLIENT, SERVER, ports)
      }
      traffic.wait(60_000_000)
    }
    expect(traffic.end()).toEqual([])
  })
})
