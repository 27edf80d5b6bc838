import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SYSTEM = '10.0.0.5'

interface Asked {
  readonly method: string
  readonly user: string
  readonly agent?: string
  readonly status?: string
}

function ask(traffic: WatchedTraffic, { method, user, agent = 'Zoiper', status }: Asked): void {
  const head = `From: <sip:1@a>\r\nTo: <sip:${user}@${SYSTEM}>\r\nCall-ID: ${traffic.nowUs}\r\nCSeq: 1 ${method}\r\n`
  const request = `${method} sip:${user}@${SYSTEM} SIP/2.0\r\n${head}User-Agent: ${agent}\r\n\r\n`
  traffic.udp(CLIENT, SYSTEM, { sourcePort: 5061, destinationPort: 5060, payload: request }, 20_000)
  if (status === undefined) return
  const payload = `SIP/2.0 ${status}\r\n${head}\r\n`
  traffic.udp(SYSTEM, CLIENT, { sourcePort: 5060, destinationPort: 5061, payload }, 20_000)
}

const kindsIn = (traffic: WatchedTraffic): string[] =>
  traffic.end().map(({ kind, attacker, victims }) => `${kind} ${attacker} ${victims.join()}`)

describe('who searches telephone systems', () => {
  test('is told by the name that the tool gives itself', () => {
    const traffic = new WatchedTraffic()
    ask(traffic, { method: 'OPTIONS', user: '100', agent: 'friendly-scanner', status: '200 OK' })
    expect(kindsIn(traffic)).toEqual([`scan.sip ${CLIENT} ${SYSTEM}`])
  })

  test('is told by extensions that are not there', () => {
    const traffic = new WatchedTraffic()
    for (let user = 100; user < 140; user += 1) {
      ask(traffic, { method: 'INVITE', user: `${user}`, status: user % 10 === 0 ? '100 Trying' : '404 Not Found' }) // prettier-ignore
    }
    expect(kindsIn(traffic)).toEqual([`scan.sip ${CLIENT} ${SYSTEM}`])
  })

  test('is not a site whose telephones register, nor a trunk that calls', () => {
    const traffic = new WatchedTraffic()
    for (let user = 100; user < 160; user += 1) {
      ask(traffic, { method: 'REGISTER', user: `${user}`, status: '401 Unauthorized' })
      ask(traffic, { method: 'REGISTER', user: `${user}`, status: '200 OK' })
      ask(traffic, { method: 'INVITE', user: `0${user}`, status: user % 3 === 0 ? '486 Busy Here' : '200 OK' }) // prettier-ignore
    }
    expect(kindsIn(traffic)).toEqual([])
  })
})

describe('a flood of calls', () => {
  test('is told, and who makes them', () => {
    const traffic = new WatchedTraffic()
    for (let call = 0; call < 300; call += 1) ask(traffic, { method: 'INVITE', user: '100' })
    expect(kindsIn(traffic)).toEqual([`flood.sip ${CLIENT} ${SYSTEM}`])
  })

  test('is not a busy trunk whose calls are taken up', () => {
    const traffic = new WatchedTraffic()
    for (let call = 0; call < 300; call += 1) {
      ask(traffic, { method: 'INVITE', user: `0${call}`, status: call % 4 === 0 ? '486 Busy Here' : '200 OK' }) // prettier-ignore
    }
    expect(kindsIn(traffic)).toEqual([])
  })

  test('is not a busy trunk of which the answers are not captured, but how it hangs up', () => {
    const traffic = new WatchedTraffic({ hears: (source) => source === CLIENT })
    for (let call = 0; call < 300; call += 1) {
      ask(traffic, { method: 'INVITE', user: `0${call}`, status: '200 OK' })
      if (call > 5) ask(traffic, { method: 'BYE', user: `0${call - 5}`, status: '200 OK' })
    }
    expect(kindsIn(traffic)).toEqual([])
  })
})
