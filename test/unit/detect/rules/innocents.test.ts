import { describe, expect, test } from 'vitest'
import { ask } from '../../../support/messages/asked-names.ts'
import { icmp } from '../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { answer, converse } from '../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(5)
const office = (index: number): string => `10.0.${index >> 8}.${index & 255}`
const world = (index: number): string => `198.51.${100 + (index >> 8)}.${index & 255}`

/** A datagram and, where the other side is there, its answer. */
function exchange(
  traffic: WatchedTraffic,
  [client, server]: readonly [string, string],
  [from, to]: readonly [number, number],
  [asked, answered]: readonly [number, number],
): void {
  traffic.udp(client, server, { sourcePort: from, destinationPort: to, payload: bytes(asked) })
  if (answered === 0) return
  traffic.udp(server, client, { sourcePort: to, destinationPort: from, payload: bytes(answered) })
}

const HABITS: Readonly<Record<string, (traffic: WatchedTraffic) => void>> = {
  'a manager that polls a network by SNMP, a fifth of which is switched off': (traffic) => {
    for (let round = 0; round < 4; round += 1) {
      for (let host = 2; host < 250; host += 1) {
        const answered = host % 5 === 0 ? 0 : 400
        exchange(traffic, ['10.0.1.1', office(host)], [40_000 + round, 161], [60, answered])
      }
      traffic.silence(60_000_000)
    }
  },
  'a collector of logs that answers nobody': (traffic) => {
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 514, destinationPort: 514 }
      traffic.udp(office(index % 100), '10.0.1.1', { ...ports, payload: bytes(90 + (index % 200)) })
    }
  },
  'a public time server': (traffic) => {
    for (let index = 0; index < 4000; index += 1) {
      const from = index % 3 === 0 ? 123 : 10_000 + index
      exchange(traffic, [world(index % 700), '10.0.0.5'], [from, 123], [48, 48])
    }
  },
  'a resolver with hundreds of clients': (traffic) => {
    const random = seededRandom(3)
    for (let index = 0; index < 800; index += 1) {
      const name = `www.site${random(400)}.com`
      const reply = random(20) === 0 ? 'missing' : world(random(500))
      ask(traffic, name, { client: office(index % 200), server: '10.0.1.1', answer: reply, afterUs: 5000 }) // prettier-ignore
      ask(traffic, name, { client: '10.0.1.1', server: world(1), answer: reply, afterUs: 5000 })
    }
  },
  'a load balancer that looks after its servers, one of which is down': (traffic) => {
    for (let round = 0; round < 90; round += 1) {
      for (let host = 10; host < 16; host += 1) {
        const ports = { sourcePort: 30_000 + round, destinationPort: 8080 }
        if (host === 15) {
          traffic.socketSyn('10.0.1.1', office(host), ports)
          const back = { sourcePort: 8080, destinationPort: ports.sourcePort, flags: 'RA' }
          traffic.tcp(office(host), '10.0.1.1', back)
        } else traffic.conversation('10.0.1.1', office(host), ports, [60, -150])
      }
      traffic.silence(5_000_000)
    }
  },
  'a monitor that tries the same ten ports of twenty servers each minute': (traffic) => {
    for (let round = 0; round < 4; round += 1) {
      for (let probe = 0; probe < 200; probe += 1) {
        const destinationPort = [22, 25, 80, 110, 143, 443, 993, 3306, 5432, 8080][probe % 10]!
        const ports = { sourcePort: 20_000 + round * 200 + probe, destinationPort }
        traffic.conversation('10.0.1.1', office(20 + Math.floor(probe / 10)), ports, [])
      }
      traffic.silence(60_000_000)
    }
  },
  'a swarm, most of whose peers are gone': (traffic) => {
    const random = seededRandom(9)
    for (let index = 0; index < 1500; index += 1) {
      const answered = random(3) === 0 ? 300 : 0
      const port = 1024 + random(60_000)
      exchange(traffic, ['192.168.7.20', world(random(1000))], [51_413, port], [100, answered])
      if (index % 4 === 0) traffic.socketSyn('192.168.7.20', world(random(1000)), { sourcePort: 30_000 + index, destinationPort: 1024 + random(60_000) }) // prettier-ignore
      traffic.wait(50_000)
    }
  },
  'a game, a call and a tunnel over UDP': (traffic) => {
    const random = seededRandom(5)
    for (let index = 0; index < 4000; index += 1) {
      exchange(traffic, ['192.168.7.20', world(1)], [50_000, 27_020], [60 + random(40), 120 + random(300)]) // prettier-ignore
      exchange(traffic, ['192.168.7.20', world(2)], [50_002, 8801], [900 + random(200), 900 + random(200)]) // prettier-ignore
      exchange(traffic, ['192.168.7.20', world(3)], [50_004, 1194], [random(1300), random(1300)])
    }
  },
  'a server whose service is restarted while clients go on asking': (traffic) => {
    for (let index = 0; index < 400; index += 1) {
      const ports = { sourcePort: 30_000 + index, destinationPort: 8443 }
      traffic.socketSyn(office(index % 60), '10.0.1.1', ports)
      const back = { sourcePort: 8443, destinationPort: ports.sourcePort, flags: 'RA' }
      traffic.tcp('10.0.1.1', office(index % 60), back, 10_000)
    }
  },
  'an administrator who pings twenty neighbours, half of them asleep': (traffic) => {
    for (let round = 0; round < 3; round += 1) {
      for (let host = 10; host < 19; host += 1) {
        traffic.send('10.0.1.1', office(host), icmp({ type: 8, identifier: 7, sequence: round }))
        if (host % 2 === 0) traffic.send(office(host), '10.0.1.1', icmp({ type: 0, identifier: 7, sequence: round })) // prettier-ignore
      }
      traffic.silence(1_000_000)
    }
  },
  'many hosts behind one address at one popular site': (traffic) => {
    for (let index = 0; index < 900; index += 1) {
      const request = `GET /article/${index % 300} HTTP/1.1\r\nHost: news.example.org\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0)\r\nAccept: */*\r\nAccept-Language: en\r\n\r\n`
      const said = [['>', request], ['<', answer(index % 9 === 0 ? 404 : 200, 'x'.repeat(400))]] as const // prettier-ignore
      converse(traffic, { client: '203.0.113.9', server: '10.0.0.5', said })
    }
  },
  'a program that asks a service of its own network each ten seconds': (traffic) => {
    for (let round = 0; round < 60; round += 1) {
      const ports = { sourcePort: 30_000 + round, destinationPort: 9200 }
      traffic.conversation('10.0.1.1', '10.0.1.9', ports, [200, -900])
      traffic.silence(10_000_000)
    }
  },
}

describe('no alert comes of', () => {
  test.each(Object.keys(HABITS))('%s', (habit) => {
    const traffic = new WatchedTraffic()
    HABITS[habit]!(traffic)
    traffic.silence(60_000_000)
    const alerts = traffic.end().filter(({ severity }) => severity >= 4)
    expect(alerts.map(({ kind, summary }) => `${kind}: ${summary}`)).toEqual([])
  })
})
