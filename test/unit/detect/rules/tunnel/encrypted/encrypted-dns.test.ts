import { describe, expect, test } from 'vitest'
import { dnsMessage } from '../../../../../support/messages/dns-messages.ts'
import { clientHello, tlsRecord } from '../../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const RESOLVER = '192.0.2.53'
const SECOND = 1_000_000

const sealed = (bytes: number): Uint8Array => tlsRecord(new Uint8Array(bytes), 23)

/** A connection over TLS that stays open, and is asked at will. */
class Asking {
  readonly #traffic: WatchedTraffic
  readonly #port: number
  readonly #source: number
  #client = 1000
  #server = 5000

  constructor(traffic: WatchedTraffic, name: string, port = 443, source = 43_210) {
    this.#traffic = traffic
    this.#port = port
    this.#source = source
    const [there, back] = this.#ports()
    traffic.tcp(HOST, RESOLVER, { ...there, flags: 'S', sequence: 999 })
    traffic.tcp(RESOLVER, HOST, { ...back, flags: 'SA', sequence: 4999, acknowledgement: 1000 })
    this.#ask(tlsRecord(clientHello({ name, extensions: [0, 43], versions: [0x304] })))
    this.#answer(sealed(900))
  }

  /** A question and its answer, and time until the next one. */
  ask(afterUs: number, answerBytes = 480): void {
    this.#ask(sealed(220))
    this.#answer(sealed(answerBytes))
    this.#traffic.wait(afterUs)
  }

  #ask(payload: Uint8Array): void {
    const fields = { flags: 'PA', sequence: this.#client, payload }
    this.#traffic.tcp(HOST, RESOLVER, { ...this.#ports()[0], ...fields })
    this.#client += payload.length
  }

  #answer(payload: Uint8Array): void {
    const fields = { flags: 'PA', sequence: this.#server, payload }
    this.#traffic.tcp(RESOLVER, HOST, { ...this.#ports()[1], ...fields })
    this.#server += payload.length
  }

  #ports() {
    const [sourcePort, destinationPort] = [this.#source, this.#port]
    return [
      { sourcePort, destinationPort },
      { sourcePort: destinationPort, destinationPort: sourcePort },
    ] as const
  }
}

const tunnelsIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ family }) => family === 'tunnel')

const TOLD = { kind: 'tunnel.dns.encrypted', host: HOST, attacker: RESOLVER, victims: [HOST] }

describe('a resolver over TLS that is asked', () => {
  test('many times a second for a minute is a tunnel', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'doh.example.net')
    for (let index = 0; index < 1200; index += 1) asking.ask(30_000 + (index % 7) * 9000)
    expect(tunnelsIn(traffic)).toMatchObject([{ ...TOLD, severity: 5, domain: 'doh.example.net' }])
  })

  test('once a second, as evenly as a clock, is a tunnel that waits', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'dns.google')
    for (let index = 0; index < 120; index += 1) asking.ask(SECOND + (index % 3) * 20_000)
    expect(tunnelsIn(traffic)).toMatchObject([{ ...TOLD, severity: 5 }])
  })

  test('unevenly, but without a pause for minutes, is told', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'dns.google')
    for (let index = 0; index < 500; index += 1) asking.ask(200_000 + ((index * 7) % 11) * 70_000)
    expect(tunnelsIn(traffic)).toMatchObject([{ ...TOLD, severity: 4 }])
  })

  test('at the port of DNS over TLS is watched whatever its name', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'relay.example.net', 853)
    for (let index = 0; index < 1200; index += 1) asking.ask(30_000 + (index % 7) * 9000)
    expect(tunnelsIn(traffic)).toMatchObject([TOLD])
  })

  test('by a connection for each question is watched as well', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 400; index += 1) {
      const asking = new Asking(traffic, 'dns.google', 443, 40_000 + index)
      asking.ask(350_000 + ((index * 7) % 11) * 40_000)
    }
    expect(tunnelsIn(traffic)).toMatchObject([TOLD])
  })

  test('in bursts, as pages load, is not told', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'mozilla.cloudflare-dns.com')
    for (let page = 0; page < 40; page += 1) {
      for (let index = 0; index < 50; index += 1) asking.ask(20_000)
      traffic.silence((12 + (page % 5) * 9) * SECOND)
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('by a host that resolves for others is not told', () => {
    const traffic = new WatchedTraffic()
    const question = dnsMessage()
    traffic.udp('10.0.0.9', HOST, { sourcePort: 5353, destinationPort: 53, payload: question })
    const answer = dnsMessage({ flags: 0x8180 })
    traffic.udp(HOST, '10.0.0.9', { sourcePort: 53, destinationPort: 5353, payload: answer })
    const asking = new Asking(traffic, 'doh.example.net')
    for (let index = 0; index < 1200; index += 1) asking.ask(30_000 + (index % 7) * 9000)
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('is no longer taken for one once it hands out files', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'dns.example.net')
    for (let index = 0; index < 1200; index += 1)
      asking.ask(30_000, index === 20 ? 16_000 + 500 : 480)
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('is not looked for among servers that say nothing of DNS', () => {
    const traffic = new WatchedTraffic()
    const asking = new Asking(traffic, 'chat.example.net')
    for (let index = 0; index < 1200; index += 1) asking.ask(30_000 + (index % 7) * 9000)
    expect(tunnelsIn(traffic)).toEqual([])
  })
})
