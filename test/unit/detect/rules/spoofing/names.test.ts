import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.2'
const RESOLVER = '10.0.0.1'
const RESPONDER = '10.0.0.66'

/** A name as NetBIOS writes it: two letters a byte, padded to fifteen, and the kind of service. */
function netbios(name: string): string {
  const padded = `${name.toUpperCase().padEnd(15)}\x20`
  return [...padded]
    .flatMap((letter) => [letter.charCodeAt(0) >> 4, letter.charCodeAt(0) & 15])
    .map((half) => String.fromCharCode(65 + half))
    .join('')
}

function asksByLlmnr(traffic: WatchedTraffic, name: string, id: number, isAnswered = true): void {
  const ports = { sourcePort: 50_000 + id, destinationPort: 5355 }
  traffic.udp(CLIENT, '224.0.0.252', {
    ...ports,
    payload: dnsMessage({ id, flags: 0, labels: [name] }),
  })
  if (!isAnswered) return
  const answer = dnsMessage({ id, flags: 0x8000, labels: [name], answers: [dnsAddress(RESPONDER)] })
  const back = { sourcePort: 5355, destinationPort: ports.sourcePort }
  traffic.udp(RESPONDER, CLIENT, { ...back, payload: answer })
}

function asksByNetbios(traffic: WatchedTraffic, name: string, id: number): void {
  const ports = { sourcePort: 137, destinationPort: 137 }
  const question = { id, labels: [netbios(name)], type: 32 }
  traffic.udp(CLIENT, '10.0.0.255', {
    ...ports,
    payload: dnsMessage({ ...question, flags: 0x0110 }),
  })
  const answer = dnsMessage({ ...question, flags: 0x8500, answers: [dnsAddress(RESPONDER)] })
  traffic.udp(RESPONDER, CLIENT, { ...ports, payload: answer })
}

interface Asked {
  readonly name: string
  readonly answers: readonly string[]
  readonly questions?: number
}

function asksTheResolver(
  traffic: WatchedTraffic,
  id: number,
  { name, answers, questions = 1 }: Asked,
): void {
  const ports = { sourcePort: 40_000 + id, destinationPort: 53 }
  const labels = name.split('.')
  for (let count = 0; count < questions; count += 1) {
    traffic.udp(CLIENT, RESOLVER, { ...ports, payload: dnsMessage({ id, labels }) })
  }
  for (const address of answers) {
    const answer = dnsMessage({ id, labels, flags: 0x8180, answers: [dnsAddress(address)] })
    const back = { sourcePort: 53, destinationPort: ports.sourcePort }
    traffic.udp(RESOLVER, CLIENT, { ...back, payload: answer })
  }
}

describe('a host that says of every name that it is its own (Responder)', () => {
  test('is told by the third name, and wakes somebody up by the fifth', () => {
    const traffic = new WatchedTraffic()
    for (const [id, name] of ['fileserv', 'prnter', 'intranett'].entries())
      asksByLlmnr(traffic, name, id)
    expect(traffic.stories()).toMatchObject([
      { kind: 'spoofing.names', severity: 5, attacker: RESPONDER, victims: [CLIENT] },
    ])
    asksByNetbios(traffic, 'OLDSRV', 10)
    asksByNetbios(traffic, 'NOSUCH', 11)
    expect(traffic.end()).toMatchObject([
      { severity: 7, attacker: RESPONDER, mitre: ['T1557.001'] },
    ])
  })

  test('is told at once when the name is that of the proxy', () => {
    const traffic = new WatchedTraffic()
    asksByNetbios(traffic, 'WPAD', 1)
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.names', severity: 5, attacker: RESPONDER },
    ])
  })

  test('is none when it answers for its own name and its workgroup, as often as it is asked', () => {
    const traffic = new WatchedTraffic()
    for (let id = 0; id < 40; id += 1) {
      asksByNetbios(traffic, id % 2 === 0 ? 'FILESRV' : 'WORKGROUP', id)
      asksByLlmnr(traffic, 'filesrv', 100 + id)
      asksByLlmnr(traffic, `typo${id}`, 200 + id, false)
    }
    expect(traffic.end()).toEqual([])
  })
})

describe('DNS spoofing', () => {
  test('by racing the resolver is told by the second doubled answer', () => {
    const traffic = new WatchedTraffic()
    asksTheResolver(traffic, 1, { name: 'bank.example', answers: ['10.0.0.66', '198.51.100.7'] })
    asksTheResolver(traffic, 2, { name: 'mail.example', answers: ['10.0.0.66', '198.51.100.8'] })
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.dns.race', severity: 5, attacker: null, victims: [CLIENT], count: 2 },
    ])
  })

  test('by guessing is told, and names the resolver that is lied to', () => {
    const traffic = new WatchedTraffic()
    const ports = { sourcePort: 33333, destinationPort: 53 }
    traffic.udp(CLIENT, RESOLVER, { ...ports, payload: dnsMessage({ id: 9999 }) })
    for (let id = 0; id < 200; id += 1) {
      const forged = dnsMessage({ id, flags: 0x8400, answers: [dnsAddress('10.0.0.66')] })
      traffic.udp(RESOLVER, CLIENT, { sourcePort: 53, destinationPort: 33333, payload: forged })
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.dns.guess', severity: 6, attacker: null, victims: [CLIENT] },
    ])
  })

  test('is not seen in questions sent twice and answered by turns, nor in answers told twice', () => {
    const traffic = new WatchedTraffic()
    for (let id = 0; id < 50; id += 1) {
      const answers = [`198.51.100.${id}`, `203.0.113.${id}`]
      asksTheResolver(traffic, id, { name: 'cdn.example', answers, questions: 2 })
      asksTheResolver(traffic, 100 + id, {
        name: 'www.example',
        answers: ['192.0.2.1', '192.0.2.1'],
      })
    }
    expect(traffic.end()).toEqual([])
  })
})
