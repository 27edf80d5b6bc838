import { describe, expect, test } from 'vitest'
import { snmpMessage } from '../../../../support/messages/application-samples.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const GET = 0xa0
const RESPONSE = 0xa2

function ask(traffic: WatchedTraffic, agent: string, community: string, isAnswered: boolean): void {
  const ports = { sourcePort: 40_000, destinationPort: 161 }
  traffic.udp('10.0.0.2', agent, { ...ports, payload: snmpMessage(1, community, GET) })
  if (!isAnswered) return
  const back = { sourcePort: 161, destinationPort: 40_000 }
  traffic.udp(agent, '10.0.0.2', { ...back, payload: snmpMessage(1, community, RESPONSE) })
}

describe('SNMP communities', () => {
  test('guessed one after the other at one agent are told', () => {
    const traffic = new WatchedTraffic()
    for (let word = 0; word < 40; word += 1) ask(traffic, '10.0.0.5', `guess${word}`, false)
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.snmp', attacker: '10.0.0.2', severity: 6, victims: ['10.0.0.5'] }),
    ) // prettier-ignore
  })

  test('known, a handful for a whole network, are a manager at work', () => {
    const traffic = new WatchedTraffic()
    for (let host = 1; host < 120; host += 1) {
      ask(traffic, `10.0.1.${host}`, `site${host % 6}`, host % 10 !== 0)
    }
    expect(traffic.end()).toEqual([])
  })
})
