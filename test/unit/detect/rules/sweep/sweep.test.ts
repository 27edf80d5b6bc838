import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SOURCE = '10.0.0.9'

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

/** Addresses all over the Internet, no two of one /24. */
function scattered(index: number): string {
  return `${20 + (index % 150)}.${(index * 37) % 256}.${(index * 91) % 256}.${1 + (index % 250)}`
}

/** A resolver names a host to somebody. */
function lookUp(traffic: WatchedTraffic, client: string, host: string, index: number): void {
  const labels = [`www${index}`, 'example', 'net']
  const ports = { sourcePort: 30_000 + index, destinationPort: 53 }
  const back = { sourcePort: 53, destinationPort: ports.sourcePort }
  const answer = dnsMessage({ labels, flags: 0x8180, answers: [dnsAddress(host)] })
  traffic.udp(client, '10.0.0.1', { ...ports, payload: dnsMessage({ labels }) })
  traffic.udp('10.0.0.1', client, { ...back, payload: answer })
}

describe('a sweep', () => {
  test('by ping is one event, though a third of the hosts answer', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 60)) traffic.ping(SOURCE, `10.0.1.${host}`, host % 3 === 0)
    const events = traffic.end()
    expect(events).toMatchObject([
      { kind: 'sweep.icmp', family: 'sweep', attacker: SOURCE, count: 60, isFinal: true },
    ])
    expect(events[0]!.victims).toHaveLength(32)
    expect(events[0]!.victims).toContain('10.0.1.1')
  })

  test('of one TCP port is told while it goes on, two seconds after it began', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 220)) {
      const ports = { sourcePort: 52000, destinationPort: 445 }
      traffic.tcp(SOURCE, `10.0.1.${host}`, { ...ports, flags: 'S' }, 10_000)
    }
    expect(traffic.tellings).not.toEqual([])
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.tcp', attacker: SOURCE, count: 220 }])
  })

  test('of the Internet for one port is found, and for two is one event', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 300)) {
      const ports = { sourcePort: 52000, destinationPort: index % 10 === 0 ? 2323 : 23 }
      traffic.tcp(SOURCE, scattered(index), { ...ports, flags: 'S' })
    }
    // The ports are telnet's and the source is a host of ours: that it is infected is a story of its own.
    expect(traffic.end()).toMatchObject([
      { kind: 'c2.iot-bot', host: SOURCE },
      { kind: 'sweep.tcp', attacker: SOURCE },
    ])
  })

  test('of one UDP port is found', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 60)) {
      traffic.udp(SOURCE, `10.0.1.${host}`, { sourcePort: 60806, destinationPort: 161 })
    }
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.udp', attacker: SOURCE, count: 60 }])
  })

  test('of one UDP port is found from that same port, though a few had asked there before', () => {
    const traffic = new WatchedTraffic()
    const ports = { sourcePort: 123, destinationPort: 123, payload: 'x'.repeat(48) }
    for (const round of range(0, 9)) traffic.udp(`10.0.2.${1 + (round % 3)}`, SOURCE, ports)
    for (const host of range(1, 60)) traffic.udp(SOURCE, `10.0.1.${host}`, ports)
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.udp', attacker: SOURCE }])
  })

  test('by ARP is told at once', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 24)) traffic.arpRequest(SOURCE, `10.0.0.${host + 20}`)
    expect(traffic.tellings).toMatchObject([{ kind: 'sweep.arp', attacker: SOURCE, count: 24 }])
    for (const host of range(45, 200)) traffic.arpRequest(SOURCE, `10.0.0.${host}`)
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.arp', count: 224, isFinal: true }])
  })

  test('over IPv6 is found', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 80)) {
      const ports = { sourcePort: 52000, destinationPort: 22 }
      traffic.tcp('fd00::9', `fd00:1::${host.toString(16)}`, { ...ports, flags: 'S' })
    }
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.tcp', attacker: 'fd00::9' }])
  })
})

describe('the sweep detector keeps quiet about', () => {
  test('a browser that talks to a hundred servers of a few networks', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 100)) {
      const ports = { sourcePort: 40000 + index, destinationPort: 443 }
      traffic.conversation(SOURCE, `198.51.100.${index + 1}`, ports, [600, -4000])
    }
    expect(traffic.end()).toEqual([])
  })

  test('requests whose answers are not captured', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 100)) {
      const ports = { sourcePort: 40000 + index, destinationPort: 443 }
      const server = `198.51.100.${index + 1}`
      traffic.socketSyn(SOURCE, server, ports)
      traffic.tcp(SOURCE, server, { ...ports, flags: 'A' })
      traffic.tcp(SOURCE, server, { ...ports, flags: 'PA', payload: 'GET / HTTP/1.1\r\n\r\n' })
      traffic.tcp(SOURCE, server, { ...ports, flags: 'FA' })
      traffic.tcp(SOURCE, server, { ...ports, flags: 'A' })
      traffic.wait(3_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a peer-to-peer program that knocks at hundreds of dead peers', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 600)) {
      const port = index % 7 === 0 ? 6881 : 10000 + ((index * 7919) % 50000)
      const ports = { sourcePort: 40000 + index, destinationPort: port }
      if (index % 5 === 0) traffic.conversation(SOURCE, scattered(index), ports, [68, -68])
      else traffic.socketSyn(SOURCE, scattered(index), ports)
      traffic.udp(SOURCE, scattered(index), {
        sourcePort: 51413,
        destinationPort: port,
        payload: 'd1:',
      })
      traffic.wait(100_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a telephone whose network refuses all that its programs look up', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 100)) {
      lookUp(traffic, SOURCE, scattered(index), index)
      const calls = { sourcePort: 40_000 + index, destinationPort: 443 }
      traffic.socketSyn(SOURCE, scattered(index), calls)
      const refusal = { sourcePort: 443, destinationPort: calls.sourcePort, flags: 'RA' }
      traffic.tcp(scattered(index), SOURCE, refusal, 100_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a browser that tries QUIC first, with each server it looks up, where nothing lets it pass', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 100)) {
      lookUp(traffic, SOURCE, scattered(index), index)
      const ports = { sourcePort: 50_000 + index, destinationPort: 443 }
      traffic.udp(SOURCE, scattered(index), { ...ports, payload: new Uint8Array(1200) })
      traffic.silence(1_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a browser that asks an encrypted resolver and finds that no way leads out over IPv6', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 70)) {
      const server = `2001:db8:${(index + 16).toString(16)}::1`
      const ports = { sourcePort: 50_000 + index, destinationPort: 443 }
      traffic.socketSyn('2001:db8:1::9', server, ports)
      traffic.wait(2_500_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a browser that looks names up over IPv4 and finds that no way leads out over IPv6', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 100)) {
      const server = `2001:db8:${(index + 16).toString(16)}::1`
      lookUp(traffic, SOURCE, server, index)
      traffic.socketSyn('2001:db8:1::9', server, { sourcePort: 50_000 + index, destinationPort: 443 }) // prettier-ignore
      traffic.silence(1_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a server that answers from a port of its own each who asked, as those of TFTP do', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 60)) {
      const client = `10.0.1.${host}`
      traffic.udp(client, SOURCE, { sourcePort: 2070, destinationPort: 69, payload: 'a question' })
      const ports = { sourcePort: 34_000 + host, destinationPort: 2070 }
      traffic.udp(SOURCE, client, { ...ports, payload: 'File not found' }, 100_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a time server whose capture lost half of what it was asked', () => {
    const traffic = new WatchedTraffic()
    const ports = { sourcePort: 123, destinationPort: 123, payload: 'x'.repeat(48) }
    for (const index of range(0, 120)) {
      if (index % 2 === 0) traffic.udp(scattered(index), SOURCE, ports)
      traffic.udp(SOURCE, scattered(index), ports, 100_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a monitor that pings a rack of hosts of which one in eight is down', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 40)) {
      traffic.ping(SOURCE, `10.0.1.${host}`, host % 8 !== 0)
      traffic.silence(1_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('connections that were there before the capture, of which it shows one direction', () => {
    const traffic = new WatchedTraffic()
    for (const flags of ['A', 'PA']) {
      for (const index of range(0, 100)) {
        const ports = { sourcePort: 40_000 + index, destinationPort: 443 }
        const payload = flags === 'A' ? '' : 'x'.repeat(500)
        traffic.tcp(SOURCE, scattered(index), { ...ports, flags, payload }, 5000)
      }
    }
    traffic.silence(10_000_000)
    expect(traffic.end()).toEqual([])
  })

  test('a program that asks servers of its network one after the other for half an hour, all of them dead', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 150)) {
      const destinationPort = index % 3 === 0 ? 4665 : 10_000 + ((index * 7919) % 50_000)
      traffic.udp(SOURCE, scattered(index), { sourcePort: 4672, destinationPort, payload: 'ping' })
      traffic.silence(14_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a resolver that asks many servers, a few of them dead', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(0, 300)) {
      const ports = { sourcePort: 20000 + index, destinationPort: 53 }
      traffic.udp(SOURCE, scattered(index), { ...ports, payload: 'a question' })
      if (index % 4 === 0) continue
      const back = { sourcePort: 53, destinationPort: ports.sourcePort }
      traffic.udp(scattered(index), SOURCE, { ...back, payload: 'an answer' })
    }
    expect(traffic.end()).toEqual([])
  })

  test('somebody who traces the routes to many hosts', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 40)) {
      for (const hop of range(0, 12)) {
        const ports = { sourcePort: 40000 + host * 16 + hop, destinationPort: 33434 + hop }
        traffic.udp(SOURCE, `10.0.1.${host}`, { ...ports, payload: 'x'.repeat(32) })
      }
    }
    expect(traffic.end()).toEqual([])
  })

  test('a monitor that pings a rack of hosts that are up', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 20; round += 1) {
      for (const host of range(1, 40)) traffic.ping(SOURCE, `10.0.1.${host}`, true)
      traffic.silence(60_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a monitor that asks by ARP for sixty hosts, and then asks those of them that are up', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 60)) {
      const target = `10.0.0.${host + 20}`
      traffic.arpRequest(SOURCE, target, 10_000)
      if (host % 3 === 0) continue
      const ports = { sourcePort: 40_000 + host, destinationPort: 9100 }
      traffic.conversation(SOURCE, target, ports, [200, -1000])
    }
    expect(traffic.end()).toEqual([])
  })

  test('a router that asks for many clients, each of which has just spoken', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(1, 100)) {
      const client = `10.0.0.${host + 10}`
      traffic.udp(client, '198.51.100.9', { destinationPort: 443, payload: 'hello' })
      traffic.arpRequest('10.0.0.1', client, 20_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a gateway that asks for its clients now and then, and hosts that announce themselves', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 10; round += 1) {
      for (const host of range(1, 20)) traffic.arpRequest('10.0.0.1', `10.0.0.${host + 1}`, 500_000)
      for (const host of range(1, 40)) traffic.arpRequest(`10.0.0.${host}`, `10.0.0.${host}`)
    }
    expect(traffic.end()).toEqual([])
  })
})
