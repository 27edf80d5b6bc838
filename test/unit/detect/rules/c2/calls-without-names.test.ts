import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { clientHello, tlsRecord } from '../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const OUTSIDE = '203.0.113.9'
const MINUTE_US = 60_000_000

const storiesOf = (traffic: WatchedTraffic) => traffic.end().filter(({ family }) => family === 'c2')

/** Requests whose interval is anything from half of it to the whole. */
function requests(host: string, cookie: string): WatchedTraffic {
  const traffic = new WatchedTraffic()
  const request = `GET /api/status HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n${cookie}User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)\r\n\r\n`
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  for (let call = 0; call < 20; call += 1) {
    converse(traffic, {
      client: HOST,
      server: OUTSIDE,
      said: [
        ['>', request],
        ['<', answer],
      ],
    })
    traffic.silence(MINUTE_US * (1 - ((call * 7) % 10) / 20))
  }
  return traffic
}

describe('a beacon over HTTP with half of its interval as jitter', () => {
  test('is told where it brings a cookie to a bare address', () => {
    expect(storiesOf(requests(OUTSIDE, 'Cookie: id=QUJDREVGR0g=\r\n'))).toMatchObject([
      { host: HOST, attacker: OUTSIDE },
    ])
  })

  test('is not what a program of a vendor does: named, or without a cookie', () => {
    expect(storiesOf(requests('updates.example.org', 'Cookie: id=QUJDREVGR0g=\r\n'))).toEqual([])
    expect(storiesOf(requests(OUTSIDE, ''))).toEqual([])
  })
})

describe('QUIC in a rhythm', () => {
  const initial = `\xc0\0\0\0\x01\x08abcdefgh\0\0\x44\x9e${'x'.repeat(1180)}`

  function calls(isAnswered: boolean): WatchedTraffic {
    const traffic = new WatchedTraffic()
    for (let call = 0; call < 60; call += 1) {
      const ports = { sourcePort: 40_000 + call, destinationPort: 443 }
      const back = { sourcePort: 443, destinationPort: 40_000 + call }
      traffic.udp(HOST, OUTSIDE, { ...ports, payload: initial })
      if (isAnswered) traffic.udp(OUTSIDE, HOST, { ...back, payload: initial })
      traffic.silence(MINUTE_US / 2)
    }
    return traffic
  }

  test('is told', () => {
    expect(storiesOf(calls(true))).toMatchObject([
      { kind: 'c2.beacon', host: HOST, attacker: OUTSIDE },
    ])
  })

  test('is not told where it is blocked and tried all the same', () => {
    expect(storiesOf(calls(false))).toEqual([])
  })
})

describe('TLS to a name that was looked up nowhere', () => {
  function hello(name: string, protocols?: readonly string[]): WatchedTraffic {
    const traffic = new WatchedTraffic()
    const fields =
      protocols === undefined ? { extensions: [0] } : { extensions: [0, 16], protocols }
    const record = tlsRecord(clientHello({ ...fields, name }))
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 443, said: [['>', record]] })
    return traffic
  }

  test('is told as Tor where the name is made up as Tor does', () => {
    expect(storiesOf(hello('www.b3ah3goo7ys5whrl.com'))).toMatchObject([
      { kind: 'c2.tls', host: HOST, attacker: OUTSIDE },
    ])
  })

  test('is not told of names that people chose, nor of browsers', () => {
    expect(storiesOf(hello('www.photos4you.com'))).toEqual([])
    expect(storiesOf(hello('www.wetter-online.com'))).toEqual([])
    expect(storiesOf(hello('www.b3ah3goo7ys5whrl.com', ['h2', 'http/1.1']))).toEqual([])
  })
})

describe('posts to several bare addresses, by what poses as an old browser', () => {
  function posts(port: number): WatchedTraffic {
    const traffic = new WatchedTraffic()
    const body = `x=${'QUJD'.repeat(80)}`
    for (const last of [9, 10, 11, 12]) {
      const server = `203.0.113.${last}`
      const agent = 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; WOW64; Trident/7.0)'
      const head = `POST /a1b2/c3d4/ HTTP/1.1\r\nHost: ${server}:${port}\r\nReferer: http://${server}/\r\nUser-Agent: ${agent}\r\nContent-Length: ${body.length}\r\n\r\n`
      const said = [['>', `${head}${body}`], ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']] as const // prettier-ignore
      converse(traffic, { client: HOST, server, serverPort: port, said })
      traffic.silence(MINUTE_US)
    }
    return traffic
  }

  test('are told where they go in the clear to the ports of TLS', () => {
    expect(storiesOf(posts(443))).toMatchObject([{ kind: 'c2.http', host: HOST }])
  })

  test('are not told for that alone', () => {
    expect(storiesOf(posts(80))).toEqual([])
  })
})

test('posts of a program that shares files, to one bare address after the other, are not told', () => {
  const traffic = new WatchedTraffic()
  const head = `User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.0)\r\nAccept: */*\r\nContent-Type: application/octet-stream\r\nContent-Length: 90\r\n\r\n`
  for (let call = 0; call < 40; call += 1) {
    const server = `203.0.113.${9 + ((call * 7) % 11)}`
    const request = `POST / HTTP/1.1\r\nHost: ${server}:80\r\n${head}${'x'.repeat(90)}`
    const said = [['>', request], ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']] as const // prettier-ignore
    converse(traffic, { client: HOST, server, said })
    traffic.wait(500_000 + ((call * 13) % 10) * 400_000)
  }
  expect(storiesOf(traffic)).toEqual([])
})

describe('posts to made-up pages of bare addresses', () => {
  const OLD = 'User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0)\r\n'
  const BROWSER =
    'User-Agent: Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko\r\nAccept: */*\r\nAccept-Language: en-US\r\n'
  const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  const body = 'QUJD'.repeat(900)

  interface Posts {
    readonly head: string
    readonly servers: number
    readonly pageOf?: (call: number) => string
    readonly first?: string
    readonly network?: string
    readonly everyUs?: number
  }

  function posts({ head, servers, pageOf = madeUp, first, network = '203.0.113', everyUs }: Posts) {
    const traffic = new WatchedTraffic()
    for (let call = 0; call < 6; call += 1) {
      const server = `${network}.${20 + (call % servers)}`
      const page = pageOf(call)
      if (first !== undefined && call < servers) {
        const request = `GET ${first} HTTP/1.1\r\nHost: ${server}\r\n${head}\r\n`
        converse(traffic, { client: HOST, server, said: [['>', request], ['<', ANSWER]] }) // prettier-ignore
      }
      const request = `POST ${page} HTTP/1.1\r\nHost: ${server}\r\n${head}Referer: http://${server}${page}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      converse(traffic, { client: HOST, server, said: [['>', request], ['<', ANSWER]] }) // prettier-ignore
      traffic.silence(everyUs ?? MINUTE_US * (1 + ((call * 7) % 10)))
    }
    return storiesOf(traffic)
  }
  const madeUp = (call: number) => `/${'kqzvx7'.slice(call % 5)}${call}/u${call}w/`

  test('are told of an old browser at one address, and of any at several', () => {
    expect(posts({ head: OLD, servers: 1 })).toMatchObject([{ kind: 'c2.http', host: HOST }])
    expect(posts({ head: BROWSER, servers: 3 })[0]).toMatchObject({ kind: 'c2.http', host: HOST })
  })

  test('are not told of a browser at one address, which may have come in the middle', () => {
    expect(posts({ head: BROWSER, servers: 1 })).toEqual([])
    expect(posts({ head: `${BROWSER}Cookie: s=1\r\n`, servers: 1, everyUs: 5_000_000 })).toEqual([])
  })

  test('are not told where pages were asked for before, or are the same again, or inside', () => {
    expect(posts({ head: OLD, servers: 1, first: '/' })).toEqual([])
    expect(posts({ head: BROWSER, servers: 3, first: '/login' })).toEqual([])
    expect(posts({ head: OLD, servers: 1, pageOf: (call) => `/api/${call % 3}` })).toEqual([])
    expect(posts({ head: BROWSER, servers: 3, pageOf: () => '/upload' })).toEqual([])
    expect(posts({ head: OLD, servers: 1, network: '10.0.9' })).toEqual([])
  })

  test('are not told of programs that call an interface', () => {
    const pageOf = (call: number) =>
      `/api/${['login', 'config', 'beat', 'report', 'upload', 'bye'][call]!}`
    expect(posts({ head: '', servers: 1, pageOf })).toEqual([])
    expect(posts({ head: 'User-Agent: device\r\n', servers: 1, pageOf })).toEqual([])
    expect(posts({ head: `${OLD}Content-Type: application/json\r\n`, servers: 1, pageOf })).toEqual(
      [],
    )
  })
})

describe('cookies brought to bare addresses by what poses as an old browser', () => {
  const OLD = 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0; SLCC2)'

  function visits(servers: number, agent = OLD): WatchedTraffic {
    const traffic = new WatchedTraffic()
    for (let call = 0; call < 6; call += 1) {
      const server = `203.0.113.${20 + (call % servers)}`
      const request = `GET / HTTP/1.1\r\nCookie: ${3000 + call}=${'QUJD'.repeat(90 + call)}\r\nUser-Agent: ${agent}\r\nHost: ${server}\r\n\r\n`
      const said = [['>', request], ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']] as const // prettier-ignore
      converse(traffic, { client: HOST, server, said })
      traffic.silence(MINUTE_US * (1 + ((call * 7) % 10)))
    }
    return traffic
  }

  test('are told of three', () => {
    expect(storiesOf(visits(3))[0]).toMatchObject({ kind: 'c2.http', host: HOST })
  })

  test('are not told of two', () => {
    expect(storiesOf(visits(2))).toEqual([])
  })

  test('are not told of a program that keeps a session with each of its cameras', () => {
    expect(storiesOf(visits(3, 'Java/1.8.0_202'))).toEqual([])
  })
})

/** A question to a resolver, and its answer. */
function lookUp(traffic: WatchedTraffic, name: string, address: string, id: number): void {
  const labels = name.split('.')
  const ports = { sourcePort: 20_000 + id, destinationPort: 53 }
  const back = { sourcePort: 53, destinationPort: 20_000 + id }
  traffic.udp(HOST, '10.0.0.1', { ...ports, payload: dnsMessage({ id, labels }) })
  const answers = [dnsAddress(address)]
  const payload = dnsMessage({ id, flags: 0x8180, labels, answers })
  traffic.udp('10.0.0.1', HOST, { ...back, payload })
}

describe('calls in a rhythm by a host that looks names up', () => {
  /** One call each half minute, of the same size as its answer. */
  function calls(said: Uint8Array | null, isLookedUp: boolean): WatchedTraffic {
    const traffic = new WatchedTraffic()
    for (let id = 0; id < 8; id += 1)
      lookUp(traffic, `www${id}.example.org`, `198.51.100.${id + 1}`, id)
    if (isLookedUp) lookUp(traffic, 'status.example.net', OUTSIDE, 99)
    for (let call = 0; call < 12; call += 1) {
      const ports = { sourcePort: 41_000 + call, destinationPort: 443 }
      if (said === null) traffic.conversation(HOST, OUTSIDE, ports, [300, -200])
      else
        converse(traffic, {
          ...{ client: HOST, clientPort: 41_000 + call, server: OUTSIDE, serverPort: 443 },
          said: [
            ['>', said],
            ['<', tlsRecord(new Uint8Array(200), 23)],
          ],
        })
      traffic.silence(30_000_000)
    }
    return traffic
  }

  test('to an address that none of them led to are told', () => {
    expect(storiesOf(calls(null, false))).toMatchObject([{ host: HOST, attacker: OUTSIDE }])
  })

  test('are not told where a name led there, or where they name it themselves', () => {
    expect(storiesOf(calls(null, true))).toEqual([])
    const hello = tlsRecord(
      clientHello({ extensions: [0, 16], protocols: ['h2'], name: 'status.example.net' }),
    )
    expect(storiesOf(calls(hello, false))).toEqual([])
  })
})

test('of a browser’s calls only whose heads were captured nothing is held against it', () => {
  const traffic = new WatchedTraffic({ snapBytes: 68 })
  for (let id = 0; id < 8; id += 1)
    lookUp(traffic, `www${id}.example.org`, `198.51.100.${id + 1}`, id)
  const record = 'x'.repeat(400)
  const said = [
    ['>', tlsRecord(clientHello({ name: 'ci.example.org' }))],
    ...(['<', '>', '<', '>', '<'] as const).map((from) => [from, record] as const),
  ] as const
  for (let call = 0; call < 24; call += 1) {
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 443, said })
    traffic.silence(3_000_000)
  }
  expect(storiesOf(traffic)).toEqual([])
})
