import { describe, expect, test } from 'vitest'
import { ask, type Asking } from '../../../../../support/messages/asked-names.ts'
import { dnsMessage } from '../../../../../support/messages/dns-messages.ts'
import { concat, uint16 } from '../../../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.168.7.7'
const SERVER = '8.8.8.8'
const BETWEEN: Asking = { client: CLIENT, server: SERVER, answer: '192.0.2.1' }

const BASE32 = 'abcdefghijklmnopqrstuvwxyz012345'
const BASE36 = 'abcdefghijklmnopqrstuvwxyz0123456789'
const HEX = '0123456789abcdef'

function randomText(random: (bound: number) => number, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[random(alphabet.length)]!).join('')
}

function tunnelsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'tunnel')
}

describe('a DNS tunnel', () => {
  test('that uploads is told within a dozen long names, with host, server and domain', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(1)
    for (let count = 0; count < 12; count += 1) {
      const labels = [60, 60, 40].map((length) => randomText(random, HEX, length))
      ask(traffic, `${labels.join('.')}.evil.example.net`, { ...BETWEEN, type: 'TXT' })
    }
    expect(traffic.tellings.length).toBeGreaterThan(0)
    expect(tunnelsIn(traffic)).toMatchObject([
      {
        kind: 'tunnel.dns',
        host: CLIENT,
        attacker: SERVER,
        domain: 'example.net',
        severity: 5,
        isFinal: true,
      },
    ])
  })

  test('that uploads is told, though its server says now and then what a block list says', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(16)
    for (let count = 0; count < 60; count += 1) {
      const answer = count % 9 === 0 ? '127.0.0.2' : count % 2 === 0 ? '192.0.2.1' : 'missing'
      ask(traffic, `${randomText(random, HEX, 60)}.evil.example.net`, { ...BETWEEN, answer })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', severity: 6 }])
  })

  test.each([
    ['a digest', 40, undefined],
    ['a digest', 40, '192.0.2.1'],
    ['much', 60, 'missing'],
  ])('that uploads %s a name (%i digits, answer %s) is told', (_, length, answer) => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(20)
    for (let count = 0; count < 140; count += 1) {
      const name = `${randomText(random, HEX, length)}.evil.example.net`
      const asking = { client: CLIENT, server: SERVER }
      ask(traffic, name, answer === undefined ? asking : { ...asking, answer })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', severity: 6 }])
  })

  test('that idles is told by short names that count up', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 240; count += 1) {
      const name = `pa${[12, 9, 6, 3].map((shift) => BASE32[(count >> (shift - 3)) & 7]!).join('')}hq`
      ask(traffic, `${name}.t.example.com`, { ...BETWEEN, afterUs: 4_000_000 })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', domain: 'example.com' }])
  })

  test('that fetches a program piece by piece, by mere numbers, is told by its answers', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(3)
    for (let count = 0; count < 40; count += 1) {
      const answer = `\xc8${randomText(random, BASE36, 200)}`
      ask(traffic, `${count}.stage.example.com`, { ...BETWEEN, type: 'TXT', answer })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', domain: 'example.com' }])
  })

  test('is not seen where numbered names hold sentences, as policies and keys of mail are', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(4)
    for (let count = 0; count < 20; count += 1) {
      const answer = `\xd7v=DKIM1; k=rsa; p=${randomText(random, BASE36, 197)}`
      ask(traffic, `s${count}.example.com`, { ...BETWEEN, type: 'TXT', answer })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test.each(['NULL', 'CNAME', 'MX', 'TXT', 'SRV', 'A', 'AAAA'])(
    'that polls by dnscat2 with %s records is told',
    (type) => {
      const traffic = new WatchedTraffic()
      const random = seededRandom(2)
      for (let count = 0; count < 60; count += 1) {
        const name = `${randomText(random, HEX, 4)}01f80c50666e88`
        const answer = type === 'AAAA' ? '2001:db8::1' : '192.0.2.1'
        ask(traffic, `${name}.example.org`, { ...BETWEEN, answer, type, afterUs: 1_000_000 })
      }
      expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
    },
  )

  test('that is slow, with a name a minute through a public resolver, is told', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(3)
    for (let count = 0; count < 30; count += 1) {
      const name = randomText(random, BASE36, count % 2 === 0 ? 9 : 29)
      ask(traffic, `${name}.uber-example.com`, { ...BETWEEN, afterUs: 75_000_000 })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
  })

  test('straight to its server, with names that end in no top-level domain, is told', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(4)
    for (let count = 0; count < 30; count += 1) {
      const name = `dnscat.${randomText(random, HEX, 58)}.${randomText(random, HEX, 20)}9`
      ask(traffic, name, { ...BETWEEN, type: 'CNAME' })
    }
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.dns', domain: null, attacker: SERVER },
    ])
  })

  test('over IPv6, of which only the answers were captured, is told of the client', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(5)
    for (let count = 0; count < 30; count += 1) {
      const asking = { client: '2001:db8::7', server: '2001:db8::53', type: 'TXT' }
      const name = `${randomText(random, BASE32, 50)}.example.org`
      ask(traffic, name, { ...asking, answer: 'x'.repeat(100), isAnswerOnly: true })
    }
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.dns', host: '2001:db8::7', attacker: '2001:db8::53' },
    ])
  })

  test('over TCP is told', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(6)
    const ports = { sourcePort: 41000, destinationPort: 53 }
    traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'S', sequence: 999 })
    traffic.tcp(SERVER, CLIENT, {
      sourcePort: 53,
      destinationPort: 41000,
      flags: 'SA',
      sequence: 1,
    })
    let sequence = 1000
    for (let count = 0; count < 30; count += 1) {
      const labels = [randomText(random, BASE32, 50), 'example', 'org']
      const message = dnsMessage({ labels, type: 16 })
      const payload = concat(uint16(message.length), message)
      traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'PA', sequence, payload })
      sequence += payload.length
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
  })

  test('that polls by numbers and TXT, as OzymanDNS does, is told by the habit', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(15)
    for (let count = 0; count < 200; count += 1) {
      const name = `${random(90)}-${random(100000)}.id-4711.down.example.org`
      ask(traffic, name, { ...BETWEEN, type: 'TXT', answer: 'x', afterUs: 2_000_000 })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
  })

  test('that polls by numbers and CNAME, as tuns does, is told', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 200; count += 1) {
      const name = `r${1000 + count}.tunnel.example.org`
      ask(traffic, name, { ...BETWEEN, type: 'CNAME', answer: 'x', afterUs: 2_000_000 })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
  })

  test('beneath a last label that a laboratory made up is told', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(16)
    for (let count = 0; count < 30; count += 1) {
      const labels = [randomText(random, HEX, 60), randomText(random, HEX, 50)]
      ask(traffic, `${labels.join('.')}.lab`, { ...BETWEEN, type: 'TXT' })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', domain: 'lab' }])
  })

  test('is told once, though the resolver passes each question on', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(7)
    for (let count = 0; count < 40; count += 1) {
      const name = `${randomText(random, BASE32, 50)}.example.org`
      ask(traffic, name, { client: CLIENT, server: '192.168.7.1', type: 'NULL' })
      ask(traffic, name, { client: '192.168.7.1', server: '198.51.100.9', type: 'NULL' })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ host: CLIENT, attacker: '192.168.7.1' }])
  })

  test('that has begun is one event, whose figures grow', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(8)
    for (let count = 0; count < 2000; count += 1) {
      ask(traffic, `${randomText(random, BASE32, 50)}.example.org`, { ...BETWEEN, type: 'NULL' })
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ count: 2000, severity: 7 }])
    expect(traffic.tellings.length).toBeLessThan(80)
  })
})

/** Names that innocent programs ask for, a hundred of each kind. */
const INNOCENTS: Readonly<Record<string, (index: number, random: (bound: number) => number) => string>> = {
  'edges of a content network': (_, random) => `d${randomText(random, BASE36, 13)}.cloudfront.net`,
  'video caches': (_, random) => `r${random(9)}---sn-${randomText(random, BASE36, 8)}.googlevideo.com`,
  'a virus scanner': (_, random) => `${randomText(random, HEX, 40)}.${randomText(random, HEX, 30)}.p.10.t.sophosxl.net`,
  'a block list': (_, random) => `${random(256)}.${random(256)}.${random(256)}.${random(256)}.dnsbl.example.org`,
  'a block list for IPv6': (_, random) => `${[...randomText(random, HEX, 32)].join('.')}.bl.example.org`,
  'addresses backwards': (_, random) => `${random(256)}.${random(256)}.${random(256)}.10.in-addr.arpa`,
  'IPv6 addresses backwards': (_, random) => `${[...randomText(random, HEX, 32)].join('.')}.ip6.arpa`,
  'services of a domain': (index) => `_ldap._tcp.site${index}._sites.dc._msdcs.corp.example.com`,
  'a farm of servers': (index) => `web${index}.prod.fra${index % 4}.example.com`,
  'hosts of a data centre': (index) => `ip-10-0-${index}-17.eu-central-1.compute.internal`,
  'blogs': (index) => `${['garden', 'travel', 'cooking', 'photo', 'music'][index % 5]!}notes${index}.blogspot.com`,
  'numbered desktops': (_, random) => `desktop-${random(900)}.corp.example.com`,
  'desktops with the names Windows gave them': (_, random) =>
    `desktop-${randomText(random, BASE36, 7)}.corp.example.com`,
} // prettier-ignore

describe('no DNS tunnel is', () => {
  test.each(Object.keys(INNOCENTS))('asking for %s', (kind) => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(9)
    for (let index = 0; index < 100; index += 1) {
      ask(traffic, INNOCENTS[kind]!(index, random), BETWEEN)
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test("a browser that asks for A, AAAA and HTTPS of a page's few odd names", () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(10)
    for (let index = 0; index < 12; index += 1) {
      const name = `${randomText(random, HEX, 32)}.adverts.example.com`
      for (const type of ['A', 'AAAA', 'HTTPS'])
        ask(traffic, name, { ...BETWEEN, type, answer: 'missing' })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('one odd name asked for all day', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 500; count += 1) {
      ask(traffic, `g4k2j9x8q1z7.telemetry.example.com`, { ...BETWEEN, afterUs: 60_000_000 })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a look for the aliases of a content network among its many edges', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(18)
    for (let count = 0; count < 120; count += 1) {
      const name = `d${randomText(random, BASE36, 13)}.cloudfront.net`
      const type = count % 40 === 3 ? 'CNAME' : 'A'
      ask(traffic, name, { ...BETWEEN, type, answer: type === 'A' ? '192.0.2.1' : 'x' })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a resolver that asks for the odd names of many clients', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(17)
    for (let count = 0; count < 24; count += 1) {
      const name = `${randomText(random, HEX, 32)}.adverts.example.com`
      ask(traffic, name, {
        client: `10.0.0.${count + 1}`,
        server: '10.0.9.53',
        answer: '192.0.2.1',
      })
      ask(traffic, name, { client: '10.0.9.53', server: '198.51.100.53', answer: '192.0.2.1' })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test("Chrome's probes for made-up names beneath the office's own domain", () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(11)
    for (let count = 0; count < 9; count += 1) {
      const name = randomText(random, 'abcdefghijklmnopqrstuvwxyz', 7 + random(9))
      ask(traffic, `${name}.corp.example.com`, { ...BETWEEN, answer: 'missing' })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('a host that goes where the odd names lead is notable at most', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(14)
    for (let count = 0; count < 60; count += 1) {
      const answer = `198.51.100.${count + 1}`
      ask(traffic, `${randomText(random, HEX, 32)}.adverts.example.com`, { ...BETWEEN, answer })
      const ports = { sourcePort: 50_000 + count, destinationPort: 443 }
      traffic.conversation(CLIENT, answer, ports, [200, -1000])
    }
    expect(tunnelsIn(traffic).every(({ severity }) => severity < 4)).toBe(true)
  })

  test('an answer of "listed" to many hashes is notable at most', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(12)
    for (let count = 0; count < 100; count += 1) {
      ask(traffic, `${randomText(random, HEX, 40)}.hashes.example.org`, {
        ...BETWEEN,
        answer: '127.0.0.2',
      })
    }
    expect(tunnelsIn(traffic).every(({ severity }) => severity < 4)).toBe(true)
  })

  test.each([32, 40])(
    'a list of hashes of %i digits that knows none of them is notable at most',
    (length) => {
      const traffic = new WatchedTraffic()
      const random = seededRandom(19)
      for (let count = 0; count < 140; count += 1) {
        const name = `${randomText(random, HEX, length)}.mail.example.org`
        ask(traffic, name, { ...BETWEEN, answer: 'missing' })
      }
      expect(tunnelsIn(traffic).every(({ severity }) => severity < 4)).toBe(true)
    },
  )

  test('a list of hashes that knows few of them, and says nothing else, is notable at most', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(15)
    for (let count = 0; count < 100; count += 1) {
      const name = `${randomText(random, HEX, 40)}.hashes.example.org`
      const isListed = count % 12 === 0
      ask(traffic, name, { ...BETWEEN, answer: isListed ? '127.0.0.2' : 'missing' })
      if (isListed) ask(traffic, name, { ...BETWEEN, type: 'TXT', answer: 'ask us why' })
    }
    expect(tunnelsIn(traffic).every(({ severity }) => severity < 4)).toBe(true)
  })
})

test('hosts and domains beyond count neither grow the tables nor push out a tunnel', () => {
  const traffic = new WatchedTraffic()
  const random = seededRandom(13)
  for (let round = 0; round < 40; round += 1) {
    ask(traffic, `${randomText(random, BASE32, 40)}.example.org`, { ...BETWEEN, afterUs: 0 })
    for (let index = 0; index < 500; index += 1) {
      const client = `10.${random(256)}.${random(256)}.${random(256)}`
      const name = `${randomText(random, BASE36, 12)}.x${random(1e6)}.com`
      ask(traffic, name, { client, server: SERVER, afterUs: 0 })
    }
  }
  expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
})
