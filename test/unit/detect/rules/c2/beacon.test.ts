import { describe, expect, test } from 'vitest'
import { RemoteSession } from '../../../../support/hosts/remote-session.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { clientHello, tlsRecord } from '../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'
const FAR = '203.0.113.9'
const SECOND = 1_000_000

/** Whole short connections, `everyUs` apart with the given jitter. */
function call(
  traffic: WatchedTraffic,
  port: number,
  times: number,
  gapsUs: (index: number) => number,
  far = FAR,
): void {
  for (let index = 0; index < times; index += 1) {
    traffic.conversation(
      HOST,
      far,
      { sourcePort: 41_000 + index, destinationPort: port },
      [300, -200],
    )
    traffic.wait(gapsUs(index))
  }
}

describe('a host that calls the same far end', () => {
  test('every two seconds, alike and without a pause, is told', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 443, 120, (index) => 2 * SECOND + (index % 5) * 40_000)
    expect(traffic.end()).toMatchObject([
      { kind: 'c2.beacon', host: HOST, attacker: FAR, severity: 4 },
    ])
  })

  test('is told once, however long it goes on, and the story grows', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 443, 400, () => 5 * SECOND)
    const stories = traffic.end()
    expect(stories.length).toBe(1)
    expect(traffic.tellings.length).toBeLessThan(60)
  })

  test('in vain, at a port of no service, again and again, is told', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 20; index += 1) {
      const ports = { sourcePort: 41_000 + index, destinationPort: 5552 }
      traffic.tcp(HOST, FAR, { ...ports, flags: 'S' })
      traffic.tcp(
        FAR,
        HOST,
        { sourcePort: 5552, destinationPort: 41_000 + index, flags: 'RA' },
        15 * SECOND,
      )
    }
    expect(traffic.end()).toMatchObject([{ kind: 'c2.beacon', host: HOST, attacker: FAR }])
  })

  test('while pages are visited as often in the middle, but whenever it suits, is told', () => {
    const traffic = new WatchedTraffic()
    const visited = [1, 2, 4, 7, 4, 11]
    const next = [0, 3]
    for (let step = 0, visit = 0; step < 320; step += 1) {
      next.forEach((due, page) => {
        if (due !== step) return
        visit += 1
        const ports = { sourcePort: 50_000 + visit, destinationPort: 443 }
        traffic.conversation(HOST, `198.51.100.${page + 1}`, ports, [400, -9000])
        next[page] = step + visited[(visit * 5) % visited.length]!
      })
      if (step % 4 === 0) call(traffic, 443, 1, () => 0)
      traffic.wait(SECOND / 2)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'c2.beacon', host: HOST, attacker: FAR }])
  })

  test('every two seconds is told where the far end alone is captured, at a port of no service', () => {
    const traffic = new WatchedTraffic({ hears: (source) => source === FAR })
    call(traffic, 5552, 120, () => 2 * SECOND)
    expect(traffic.end()).toMatchObject([{ kind: 'c2.beacon', host: HOST, attacker: FAR }])
  })

  test('over IPv6 is told as well', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 20; index += 1) {
      const ports = { sourcePort: 41_000 + index, destinationPort: 5552 }
      traffic.tcp('fd00::20', '2001:db8::9', { ...ports, flags: 'S' }, 15 * SECOND)
    }
    expect(traffic.end()).toMatchObject([{ host: 'fd00::20', attacker: '2001:db8::9' }])
  })
})

/** A TLS 1.3 connection to a named server: handshake, one question, one answer, of the sizes given. */
function sealedCall(
  traffic: WatchedTraffic,
  sizes: readonly [number, number],
  protocols: readonly string[],
  isNamed = true,
): void {
  const extensions = [...(isNamed ? [0] : []), ...(protocols.length > 0 ? [16] : []), 43]
  const hello = { name: 'updates.example.net', protocols, versions: [0x304], extensions }
  const sealed = (bytes: number): Uint8Array => tlsRecord(new Uint8Array(bytes), 23)
  converse(traffic, {
    client: HOST,
    server: FAR,
    serverPort: 443,
    said: [
      ['>', tlsRecord(clientHello(hello))],
      ['<', sealed(900)],
      ['>', sealed(sizes[0])],
      ['<', sealed(sizes[1])],
    ],
  })
}

describe('calls within TLS 1.3 to a named far end', () => {
  test('that are all alike, each half a minute, are told', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30; index += 1) {
      sealedCall(traffic, [300, 200], [])
      traffic.silence(30 * SECOND + (index % 3) * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      { family: 'c2', host: HOST, attacker: FAR, domain: 'updates.example.net' },
    ])
  })

  test('whose answers bring something now and then are not', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30; index += 1) {
      sealedCall(traffic, [300, index % 5 === 0 ? 1300 : 200], ['h2'])
      traffic.silence(30 * SECOND + (index % 3) * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })
})

/** Asks for news over HTTP, as a rule without an agent's name. */
function askForNews(traffic: WatchedTraffic, server: string, serverPort: number, agent = ''): void {
  const request = `GET /health HTTP/1.1\r\nHost: ${server}\r\n${agent}\r\n`
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  converse(traffic, { client: HOST, server, serverPort, said: [['>', request], ['<', answer]] }) // prettier-ignore
}

test('a host that asks a neighbour for orders at two ports is told', () => {
  const traffic = new WatchedTraffic()
  for (let round = 0; round < 200; round += 1) {
    for (const port of [8000, 8001]) askForNews(traffic, '192.168.7.66', port)
    traffic.wait(2 * SECOND)
  }
  expect(traffic.end()).toMatchObject([
    { kind: 'c2.beacon', host: HOST },
    { kind: 'c2.beacon', host: HOST },
  ])
})

describe('the beacon detector keeps quiet about', () => {
  test('a script that looks after a neighbour over HTTP every five seconds, at whatever port, and says what it is', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 120; round += 1) {
      askForNews(traffic, '192.168.7.66', 8080, 'User-Agent: curl/7.88.1\r\n')
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a controller that posts to the devices of its own network, which have no names', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 40; round += 1) {
      for (const device of [70, 71, 72, 73]) {
        const server = `192.168.7.${device}`
        const request = `POST /Control HTTP/1.1\r\nHost: ${server}:1400\r\nContent-Length: 4\r\n\r\nplay`
        converse(traffic, { client: HOST, server, serverPort: 1400, said: [['>', request], ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']] }) // prettier-ignore
        traffic.wait(((round * 7 + device) % 5) * SECOND)
      }
    }
    expect(traffic.end()).toEqual([])
  })

  test('a person who browses', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 443, 120, (index) => ((index * 7919) % 37) * 300_000)
    expect(traffic.end()).toEqual([])
  })

  test('an application that looks for news once a minute', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 443, 30, () => 60 * SECOND)
    expect(traffic.end()).toEqual([])
  })

  test('a client that looks for mail, and one that is kept awake for push messages', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 993, 200, () => 10 * SECOND)
    call(traffic, 5228, 200, () => 10 * SECOND)
    expect(traffic.end()).toEqual([])
  })

  test('a monitor that makes its round of several servers', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 100; round += 1) {
      for (let far = 1; far <= 6; far += 1) {
        const ports = { sourcePort: 41_000 + round, destinationPort: 8443 }
        traffic.conversation(HOST, `203.0.113.${far}`, ports, [100, -100])
      }
      traffic.wait(10 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a balancer that looks after two servers of its own network', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 200; round += 1) {
      for (const server of ['192.168.7.80', '192.168.7.81']) {
        askForNews(traffic, server, 8000)
      }
      traffic.wait(2 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a neighbour that somebody guesses passwords at, twice a second', () => {
    const traffic = new WatchedTraffic()
    for (let guess = 0; guess < 40; guess += 1) {
      const form = `user=admin&password=pass${10 + guess}`
      const request = `POST /login.php HTTP/1.1\r\nHost: 192.168.7.10\r\nUser-Agent: curl/7.88.1\r\nContent-Length: ${form.length}\r\n\r\n${form}` // prettier-ignore
      const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nLogin failed'
      converse(traffic, { client: HOST, server: '192.168.7.10', serverPort: 8080, said: [['>', request], ['<', answer]] }) // prettier-ignore
      traffic.wait(590_000)
    }
    const told = traffic.end()
    expect(told.filter(({ family }) => family === 'c2')).toEqual([])
    expect(told).toMatchObject([{ kind: 'bruteforce.http', attacker: HOST }])
  })

  test('guests who call a server of ours', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 200; index += 1) {
      traffic.conversation(
        '203.0.113.7',
        '192.168.7.80',
        { sourcePort: 41_000 + index, destinationPort: 8099 },
        [100, -100],
      )
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })
})

describe('requests over HTTP', () => {
  let port = 42_000
  function request(traffic: WatchedTraffic, lines: readonly string[], far = FAR, body = ''): void {
    const head = [
      ...lines,
      ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
      '',
      '',
    ].join('\r\n')
    new RemoteSession(traffic, {
      client: HOST,
      server: far,
      clientPort: (port += 1),
      serverPort: 80,
    })
      .say(head + body)
      .hear('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      .close()
  }

  test('to the script of a bare address, without an agent, each minute, are told', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 12; index += 1) {
      request(traffic, ['POST /gB/index.php HTTP/1.1', `Host: ${FAR}`], FAR, 'id=8&vs=1.9')
      traffic.wait(60 * SECOND)
    }
    expect(traffic.end()).toMatchObject([{ family: 'c2', host: HOST, attacker: FAR }])
  })

  test('for the same strange path of one name after another are one event', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6; index += 1) {
      const value = 'dQ1sxdU/3YpLZvrBjUPguOk2Iv4bxeXgZSg3FRkyyC9jDxjm='
      request(
        traffic,
        [`GET /c9c/?RV=${value}&Q=u HTTP/1.1`, `Host: www.shop-${index}.com`, 'Connection: close'],
        `203.0.113.${index + 20}`,
      )
      traffic.wait(20 * SECOND)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'c2.http', host: HOST, domain: 'shop-0.com' }])
  })

  test('of browsers, of a system looking for the Internet, and of a device that tells its state are not', () => {
    const traffic = new WatchedTraffic()
    const browser = [
      'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
      'Accept: */*',
      'Accept-Language: en',
    ]
    for (let index = 0; index < 40; index += 1) {
      request(
        traffic,
        ['GET /poll.php?id=1 HTTP/1.1', 'Host: 203.0.113.5', ...browser],
        '203.0.113.5',
      )
      request(
        traffic,
        ['GET /ncsi.txt HTTP/1.1', 'Host: www.msftncsi.com', 'User-Agent: Microsoft NCSI'],
        '203.0.113.6',
      )
      request(traffic, ['POST /state HTTP/1.1', 'Host: api.vendor.example'], '203.0.113.7', 'on=1')
      traffic.wait(30 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })
})

describe('state stays bounded', () => {
  test('under a flood from forged sources', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30_000; index += 1) {
      const source = `10.${index >>> 16}.${(index >>> 8) & 255}.${index & 255}`
      traffic.tcp(source, FAR, { sourcePort: 1024 + index, destinationPort: 5552, flags: 'S' }, 10)
    }
    expect(traffic.end().filter(({ family }) => family === 'c2')).toEqual([])
  })
})

describe('datagrams outside, to a port of no service', () => {
  const sends = (far: (index: number) => string, gapUs: (index: number) => number) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30; index += 1) {
      const ports = { sourcePort: 41_000 + index, destinationPort: 48_101 }
      traffic.udp(HOST, far(index), { ...ports, payload: new Uint8Array(64) })
      traffic.silence(gapUs(index))
    }
    return traffic.end()
  }

  test('one each half minute that nobody answers are a beacon', () => {
    expect(sends(() => FAR, () => 30 * SECOND)).toMatchObject([
      { kind: 'c2.beacon', host: HOST, attacker: FAR },
    ]) // prettier-ignore
  })

  test('to ever other peers, or whenever it suits, are not', () => {
    expect(sends((index) => `198.51.100.${index + 1}`, () => 30 * SECOND)).toEqual([]) // prettier-ignore
    expect(sends(() => FAR, (index) => ((index * 37) % 50) * SECOND)).toEqual([]) // prettier-ignore
  })
})

describe('calls whose gaps are drawn by lot', () => {
  /** Every gap between half and one and a half of the interval, none like the one before. */
  const drawn = (index: number, interval: number): number =>
    interval * (0.5 + ((index * 0.618034) % 1))

  test('within bounds of half the interval are told as a rhythm', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      sealedCall(traffic, [300, 200], ['h2'])
      traffic.silence(drawn(index, 20 * SECOND))
    }
    expect(traffic.end()).toMatchObject([{ kind: 'c2.beacon', host: HOST, attacker: FAR }])
  })

  test('without bounds, as people make them, are not', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      sealedCall(traffic, [300, 200], ['h2'])
      traffic.silence(-Math.log(1 - ((index * 0.618034) % 1)) * 20 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('without bounds, by what names neither far end nor protocol, are, if they never pause', () => {
    const without = (pauseUs: number): unknown[] => {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 70; index += 1) {
        sealedCall(traffic, [300, 200], [], false)
        traffic.silence(-Math.log(1 - ((index * 0.618034) % 1)) * 20 * SECOND)
        if (index === 30) traffic.silence(pauseUs)
      }
      return traffic.end()
    }
    expect(without(0)).toMatchObject([{ family: 'c2', host: HOST, attacker: FAR }])
    expect(without(900 * SECOND)).toEqual([])
  })

  test('of sixty calls in two minutes are as many as of three', () => {
    const traffic = new WatchedTraffic()
    call(traffic, 443, 64, (index) => 2 * SECOND + (index % 5) * 40_000)
    expect(traffic.end()).toMatchObject([{ kind: 'c2.beacon', host: HOST, attacker: FAR }])
  })
})
