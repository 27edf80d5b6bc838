import { expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'

function sends(traffic: WatchedTraffic, servers: number): void {
  for (let index = 0; index < 60; index += 1) {
    const ports = { sourcePort: 30_000 + index, destinationPort: 25 }
    const server = `198.51.100.${1 + (index % servers)}`
    traffic.conversation(HOST, server, ports, [-40, 20, -30, 400, -20])
    traffic.wait(2_000_000)
  }
}

test('a host that speaks to mail server after mail server is told', () => {
  const traffic = new WatchedTraffic()
  sends(traffic, 60)
  expect(traffic.end()).toMatchObject([{ kind: 'c2.spam-bot', host: HOST, attacker: HOST }])
})

test('a mail server, and a host that hands its mail to a few, are not', () => {
  const server = new WatchedTraffic()
  server.conversation('203.0.113.9', HOST, { sourcePort: 4000, destinationPort: 25 }, [-40, 20])
  sends(server, 60)
  expect(server.end()).toEqual([])
  const few = new WatchedTraffic()
  sends(few, 3)
  expect(few.end()).toEqual([])
})

test('a mail server is none, where only what clients send is captured', () => {
  const traffic = new WatchedTraffic()
  const ports = { sourcePort: 4000, destinationPort: 25 }
  traffic.socketSyn('203.0.113.9', HOST, ports)
  traffic.tcp('203.0.113.9', HOST, { ...ports, flags: 'A', acknowledgement: 9000 })
  for (let index = 0; index < 60; index += 1) {
    const calling = { sourcePort: 30_000 + index, destinationPort: 25 }
    const server = `198.51.100.${1 + index}`
    traffic.socketSyn(HOST, server, calling)
    traffic.tcp(HOST, server, { ...calling, flags: 'A', acknowledgement: 9000 }, 2_000_000)
  }
  expect(traffic.end()).toEqual([])
})

test('a host that is refused as a mail server, and speaks to sixty of them, is told', () => {
  const traffic = new WatchedTraffic()
  const ports = { sourcePort: 4000, destinationPort: 25 }
  traffic.socketSyn('203.0.113.9', HOST, ports)
  traffic.tcp(HOST, '203.0.113.9', { sourcePort: 25, destinationPort: 4000, flags: 'RA' })
  sends(traffic, 60)
  expect(traffic.end()).toMatchObject([{ kind: 'c2.spam-bot', host: HOST }])
})
