import { expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/watched-traffic.ts'

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
