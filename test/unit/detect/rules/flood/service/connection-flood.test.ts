import { describe, expect, test } from 'vitest'
import { answer, get } from '../../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const PROXY = '10.0.0.5'
const BACKENDS = ['10.0.0.21', '10.0.0.22'] as const

const STEP_US = 100
let port = 10_000

/** One question over a connection of its own, within half a millisecond. */
function ask(
  traffic: WatchedTraffic,
  client: string,
  server: string,
  page = '/a',
  headers: readonly string[] = [],
): void {
  port = port >= 60_000 ? 10_000 : port + 1
  const to = { sourcePort: port, destinationPort: 80 }
  const back = { sourcePort: 80, destinationPort: port }
  const payload = get(page, ...headers)
  traffic.tcp(client, server, { ...to, flags: 'S', sequence: 100 }, STEP_US)
  traffic.tcp(server, client, { ...back, flags: 'SA', sequence: 500 }, STEP_US)
  traffic.tcp(client, server, { ...to, flags: 'PA', sequence: 101, payload }, STEP_US)
  const answered = { flags: 'PA', sequence: 501, payload: answer(200, 'x') }
  traffic.tcp(server, client, { ...back, ...answered }, STEP_US)
}

function attackersOf(traffic: WatchedTraffic): unknown[] {
  const floods = traffic.end().filter(({ kind }) => kind === 'flood.http')
  return [...new Set(floods.map(({ attacker }) => attacker))]
}

describe('a flood of requests through a proxy', () => {
  test('is held against who asks the proxy, and not against the proxy that passes it on', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      ask(traffic, CLIENT, PROXY)
      ask(traffic, PROXY, BACKENDS[index % 2]!)
    }
    expect(attackersOf(traffic)).toEqual([CLIENT])
  })

  test('of many clients, none of which asks much, is nobody’s', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      ask(traffic, `198.51.100.${1 + (index % 200)}`, PROXY)
      ask(traffic, PROXY, BACKENDS[0])
    }
    expect(attackersOf(traffic)).toEqual([])
  })

  test('is told of a server that asks much more than it is asked', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      if (index % 10 === 0) ask(traffic, `198.51.100.${1 + (index % 200)}`, PROXY)
      ask(traffic, PROXY, BACKENDS[0])
    }
    expect(attackersOf(traffic)).toEqual([PROXY])
  })
})

describe('a flood of requests for a few pages by turns', () => {
  const asked = (pages: number, count: number): unknown[] => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < count; index += 1) ask(traffic, CLIENT, PROXY, `/${index % pages}`)
    return attackersOf(traffic)
  }

  test('is told where they are very many', () => {
    expect(asked(2, 6000)).toEqual([CLIENT])
  })

  test('is none where they are fewer, or the pages are many', () => {
    expect(asked(2, 3000)).toEqual([])
    expect(asked(60, 6000)).toEqual([])
  })
})

describe('a burst of requests for one page over ever new connections', () => {
  const HEADERS = ['User-Agent: ApacheBench/2.3', 'Accept: */*']
  const asked = (count: number, waitUs: number): unknown[] => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < count; index += 1) {
      ask(traffic, CLIENT, PROXY, '/a', HEADERS)
      traffic.wait(waitUs)
    }
    return attackersOf(traffic)
  }

  test('is told of some hundred within a second', () => {
    expect(asked(700, 500)).toEqual([CLIENT])
  })

  test('is none where they take ten times as long', () => {
    expect(asked(700, 12_000)).toEqual([])
  })
})

describe('a flood of fewer requests', () => {
  const HEADERS = ['User-Agent: Mozilla/5.0 (X11; Linux x86_64)', 'Accept: */*']
  const asked = (uri: (index: number) => string, ...headers: readonly string[]): unknown[] => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 500; index += 1) {
      ask(traffic, CLIENT, PROXY, uri(index), headers)
      traffic.wait(15_000)
    }
    return attackersOf(traffic)
  }

  test('is told where each has a parameter of its own, or nobody says who asks', () => {
    expect(asked((index) => `/?k${(index * 7919).toString(36)}=1`, ...HEADERS)).toEqual([CLIENT])
    expect(asked(() => '/')).toEqual([CLIENT])
  })

  test('is told of a browser that does not say what it takes', () => {
    expect(asked((index) => `/?k=${index}`, HEADERS[0]!)).toEqual([CLIENT])
  })

  test('is none of one that says who it is and asks the same', () => {
    expect(asked((index) => `/?k=${index}`, ...HEADERS)).toEqual([])
    expect(asked((index) => `/wiki?Page${index}`, ...HEADERS)).toEqual([])
  })
})
