import { describe, expect, test } from 'vitest'
import { ask } from '../../../../support/messages/asked-names.ts'
import { ber, berInteger, berSequence, berText } from '../../../../support/messages/ber-builder.ts'
import { icmp, icmp6 } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const VICTIM = '10.0.0.5'
const host = (index: number) => `198.51.${100 + (index >> 8)}.${index & 255}`
const bytes = (length: number) => new Uint8Array(length).fill(7)

function reflections(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'amplification')
}

interface Answers {
  readonly port: number
  readonly size: number
  readonly count?: number
  readonly hosts?: number
  readonly to?: (index: number) => number
}

/** `count` unasked answers of `size` bytes from `hosts` hosts' port. */
function answers(
  traffic: WatchedTraffic,
  { port, size, count = 600, hosts = 60, to = (index) => 20000 + (index % 7) }: Answers,
  victim = VICTIM,
) {
  for (let index = 0; index < count; index += 1) {
    const source = victim.includes(':') ? `2001:db8::${index % hosts}` : host(index % hosts)
    const ports = { sourcePort: port, destinationPort: to(index) }
    traffic.udp(source, victim, { ...ports, payload: bytes(size) })
  }
}

describe('a reflected flood', () => {
  test.each([
    [123, 440, 'ntp'],
    [53, 1200, 'dns'],
    [11211, 1400, 'memcached'],
    [389, 1300, 'cldap'],
    [1900, 310, 'ssdp'],
    [19, 512, 'chargen'],
  ])('of UDP port %i names the victim and nobody else', (port, size, name) => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port, size })
    expect(reflections(traffic)).toMatchObject([
      { kind: `amplification.${name}`, attacker: null, victims: [VICTIM], severity: 7 },
    ])
  })

  test.each([53, 500, 161])('of small answers of UDP port %i to one port is found too', (port) => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port, size: 84, count: 400, hosts: 80, to: () => 4444 })
    expect(reflections(traffic)).toMatchObject([{ attacker: null, victims: [VICTIM] }])
  })

  test.each([
    [53, 1300, 'dns'],
    [123, 440, 'ntp'],
    [389, 1400, 'cldap'],
    [11211, 1400, 'memcached'],
  ])(
    'of UDP port %i by two servers, of answers that nobody gets unasked, is found',
    (port, size, name) => {
      const traffic = new WatchedTraffic()
      for (let round = 0; round < 20; round += 1) {
        answers(traffic, { port, size, count: 4, hosts: 2 })
        traffic.wait(1_000_000)
      }
      expect(reflections(traffic)).toMatchObject([
        { kind: `amplification.${name}`, attacker: null, victims: [VICTIM], severity: 5 },
      ])
    },
  )

  test.each([
    ['10.0.0.5', (index: number) => `${11 + (index % 60)}.9.8.7`],
    ['fd00::5', (index: number) => `2a0${index % 10}:${index % 60}::7`],
  ])(
    'of small answers to %s by a service that no more than a site has, from all over the Internet, is found',
    (victim, from) => {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 600; index += 1) {
        const ports = { sourcePort: 47_808, destinationPort: 1024 + ((index * 97) % 60_000) }
        traffic.udp(from(index), victim, { ...ports, payload: bytes(32) }, 10_000)
      }
      expect(reflections(traffic)).toMatchObject([
        { kind: 'amplification.bacnet', attacker: null, victims: [victim] },
      ])
    },
  )

  test('over IPv6 is found, and is not told as a flood of UDP besides', () => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port: 53, size: 1200, count: 3000 }, 'fd00::5')
    expect(traffic.end()).toMatchObject([{ kind: 'amplification.dns', victims: ['fd00::5'] }])
  })

  test('of SYN-ACKs that nobody asked for names the victim', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 2000; index += 1) {
      const ports = { sourcePort: 80, destinationPort: 1024 + index }
      traffic.tcp(host(index % 500), VICTIM, { ...ports, flags: index % 9 === 0 ? 'R' : 'SA' })
    }
    expect(reflections(traffic)).toMatchObject([
      { kind: 'amplification.tcp-synack', attacker: null, victims: [VICTIM] },
    ])
  })

  test('of few requests, each for a list of hundreds of bytes that nobody asks for twice, is told of its server', () => {
    const answered = (size: number): WatchedTraffic => {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 60; index += 1) {
        const ports = { sourcePort: 1024 + index, destinationPort: 123 }
        traffic.udp('192.0.2.9', VICTIM, { ...ports, payload: bytes(8) })
        const back = { sourcePort: 123, destinationPort: 1024 + index }
        for (let part = 0; part < 4; part += 1)
          traffic.udp(VICTIM, '192.0.2.9', { ...back, payload: bytes(size) })
      }
      traffic.silence(90_000_000)
      return traffic
    }
    expect(reflections(answered(440))).toMatchObject([
      { kind: 'amplification.reflector', host: VICTIM, victims: ['192.0.2.9'] },
    ])
    expect(reflections(answered(48))).toEqual([])
  })

  test('that a server here is made to send names the server as misused and whom it floods', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 400; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 123 }
      traffic.udp('192.0.2.9', VICTIM, { ...ports, payload: bytes(8) })
      const back = { sourcePort: 123, destinationPort: 1024 + index }
      traffic.udp(VICTIM, '192.0.2.9', { ...back, payload: bytes(440) })
    }
    traffic.silence(90_000_000)
    expect(reflections(traffic)).toMatchObject([
      { kind: 'amplification.reflector', host: VICTIM, victims: ['192.0.2.9'], attacker: null },
    ])
  })
})

/** A message of SNMP 2c about one row of a table. */
const snmp = (pdu: number, number: number, row: number, value: string): Uint8Array => {
  const variable = berSequence(ber(0x06, new Uint8Array([43, 6, 1, 2, row >> 7, row & 127])), berText(value)) // prettier-ignore
  const content = [berInteger(number & 127), berInteger(0), berInteger(50), berSequence(variable)]
  return berSequence(berInteger(1), berText('public'), ber(pdu, ...content))
}

interface Misuse {
  readonly request: (index: number) => number
  readonly answer: number
  readonly from: (index: number) => number
  readonly port?: number
}

/** Somebody, or who pretends to be, asks a service of ours and gets three times `answer` bytes each time. */
function misuse(traffic: WatchedTraffic, { request, answer, from, port = 28_960 }: Misuse): void {
  for (let index = 0; index < 180; index += 1) {
    const ports = { sourcePort: from(index), destinationPort: port }
    const back = { sourcePort: port, destinationPort: ports.sourcePort }
    traffic.udp('192.0.2.9', VICTIM, { ...ports, payload: bytes(request(index)) })
    for (let part = 0; part < 3; part += 1) {
      traffic.udp(VICTIM, '192.0.2.9', { ...back, payload: bytes(answer) })
    }
    traffic.wait(200_000)
  }
}

describe('a service that nobody knows for it', () => {
  test.each([
    ['the same port of a service', () => 80],
    ['ever new ports', (index: number) => 20_000 + index],
  ])('made to flood somebody, asked from %s, is told', (_, from) => {
    const traffic = new WatchedTraffic()
    misuse(traffic, { request: () => 15, answer: 900, from })
    expect(reflections(traffic)).toMatchObject([
      { kind: 'amplification.reflector', host: VICTIM, victims: ['192.0.2.9'], attacker: null },
    ])
  })

  test('is not told of where it answers little, is asked this and that, or streams to a client', () => {
    const traffic = new WatchedTraffic()
    misuse(traffic, { request: () => 15, answer: 30, from: (index) => 20_000 + index })
    misuse(traffic, {
      request: (index) => 15 + (index % 9),
      answer: 900,
      from: () => 81,
      port: 4000,
    })
    misuse(traffic, { request: () => 15, answer: 900, from: () => 50_000, port: 4001 })
    expect(reflections(traffic)).toEqual([])
  })
})

describe('the detectors of reflected floods keep quiet about', () => {
  test('a resolver that asked, however much it is answered', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const there = { sourcePort: 20000 + index, destinationPort: 53 }
      traffic.udp(VICTIM, host(index % 200), { ...there, payload: bytes(40) })
      const back = { sourcePort: 53, destinationPort: there.sourcePort }
      traffic.udp(host(index % 200), VICTIM, { ...back, payload: bytes(1200) })
    }
    expect(traffic.end()).toEqual([])
  })

  test('a busy resolver of which only the answers are captured', () => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port: 53, size: 450, count: 3000, hosts: 200, to: (index) => 2000 + index })
    expect(reflections(traffic)).toEqual([])
  })

  test('few servers, however much each sends unasked', () => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port: 27015, size: 900, count: 5000, hosts: 3 })
    expect(reflections(traffic)).toEqual([])
  })

  test('two resolvers of which only the answers are captured, some of them signed at length', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 400; index += 1) {
      const size = index % 3 === 0 ? 1232 : 180
      answers(traffic, { port: 53, size, count: 1, hosts: 1 + (index % 2), to: () => 2000 + index })
    }
    expect(reflections(traffic)).toEqual([])
  })

  test('a tunnel in the answers of a resolver, of which only they are captured', () => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port: 53, size: 1200, count: 400, hosts: 1, to: () => 40_000 })
    expect(reflections(traffic)).toEqual([])
  })

  test('clients of an NTP server that ask from its own port', () => {
    const traffic = new WatchedTraffic()
    answers(traffic, { port: 123, size: 48, count: 1500, hosts: 300, to: () => 123 })
    expect(reflections(traffic)).toEqual([])
  })

  test('devices of a company that are asked what they measure, of which only the answers are captured', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 900; index += 1) {
      const ports = { sourcePort: 161, destinationPort: 20_000 + index }
      const device = `10.${index % 60}.1.${1 + (index % 200)}`
      traffic.udp(device, VICTIM, { ...ports, payload: bytes(90) }, 10_000)
    }
    expect(reflections(traffic)).toEqual([])
  })

  test('devices that answer a search of the network', () => {
    const traffic = new WatchedTraffic()
    const search = { sourcePort: 50000, destinationPort: 1900 }
    traffic.udp(VICTIM, '239.255.255.250', { ...search, payload: bytes(120) })
    answers(traffic, { port: 1900, size: 320, count: 300, hosts: 40, to: () => 50000 })
    expect(reflections(traffic)).toEqual([])
  })

  test('peers of a swarm', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 1024 + ((index * 37) % 60000), destinationPort: 51413 }
      traffic.udp(host(index), VICTIM, { ...ports, payload: bytes(100 + (index % 300)) }, 5000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('connections of which only what servers send is captured', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 600; index += 1) {
      const ports = { sourcePort: 443, destinationPort: 30000 + index }
      traffic.tcp(host(index % 100), VICTIM, { ...ports, flags: 'SA', sequence: 1 })
      traffic.tcp(host(index % 100), VICTIM, { ...ports, flags: 'A', sequence: 2 })
      traffic.tcp(host(index % 100), VICTIM, { ...ports, flags: 'PA', payload: bytes(900) })
    }
    expect(reflections(traffic)).toEqual([])
  })
})

describe('a name server with big answers', () => {
  const questions = (names: (index: number) => string): WatchedTraffic => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 300; index += 1) {
      const answer = 'x'.repeat(250).repeat(5)
      ask(traffic, names(index), { ...asking, answer, afterUs: 20_000 })
    }
    return traffic
  }
  const asking = { client: '192.0.2.9', server: VICTIM, type: 'NULL' }

  test('asked the same again and again is misused', () => {
    const stories = questions(() => 'big.example.org').end()
    expect(stories).toMatchObject([{ kind: 'amplification.reflector', host: VICTIM }])
  })

  test('asked ever new names is a tunnel, and no more', () => {
    const stories = questions(
      (index) => `${(index * 7919 + 10 ** 9).toString(36)}q7z.t.example.org`,
    ).end()
    expect(stories.map(({ kind }) => kind)).toEqual(['tunnel.dns'])
  })
})

describe('a device that answers SNMP at length', () => {
  /** 300 requests for what `row` says, each under a number of its own. */
  const polled = (row: (index: number) => number): WatchedTraffic => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 300; index += 1) {
      const ports = { sourcePort: 4444, destinationPort: 161 }
      const back = { sourcePort: 161, destinationPort: 4444 }
      traffic.udp('192.0.2.9', VICTIM, { ...ports, payload: snmp(0xa5, index, row(index), '') })
      const answer = snmp(0xa2, index, row(index), 'x'.repeat(900))
      traffic.udp(VICTIM, '192.0.2.9', { ...back, payload: answer }, 13_000)
    }
    traffic.silence(90_000_000)
    return traffic
  }

  test('asked for one and the same again and again is misused', () => {
    expect(reflections(polled(() => 1))).toMatchObject([
      { kind: 'amplification.reflector', host: VICTIM, victims: ['192.0.2.9'], attacker: null },
    ])
  })

  test('walked row by row, or asked for a dozen of them in turn, is watched over', () => {
    expect(reflections(polled((index) => index))).toEqual([])
    expect(reflections(polled((index) => index % 12))).toEqual([])
  })
})

describe('pings to a whole network', () => {
  test.each([
    [VICTIM, '10.0.0.255', 8],
    ['fd00::5', 'ff02::1', 128],
  ])('in the name of %s flood it with the answers', (victim, network, type) => {
    const traffic = new WatchedTraffic()
    const fields = { type, identifier: 7 }
    for (let index = 0; index < 600; index += 1) {
      traffic.send(victim, network, type === 8 ? icmp(fields) : icmp6(fields))
    }
    expect(reflections(traffic)).toMatchObject([
      { kind: 'amplification.smurf', attacker: null, victims: [victim] },
    ])
  })

  test('one a second are an administrator looking around', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      traffic.send(VICTIM, '10.0.0.255', icmp({ type: 8, identifier: 7 }), 1_000_000)
    }
    expect(reflections(traffic)).toEqual([])
  })
})

describe('servers of a port that is not known for it', () => {
  test.each([
    ['to one port', () => 80],
    ['to many ports', (index: number) => 20_000 + (index % 5000)],
  ])('that answer one host at length, %s, are told as a reflection', (_, to) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 9000; index += 1) {
      const payload = bytes(900)
      payload[3] = index & 255
      const ports = { sourcePort: 34_567, destinationPort: to(index) }
      traffic.udp(host(index % 40), VICTIM, { ...ports, payload }, 500)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'amplification.udp', family: 'amplification', attacker: null, victims: [VICTIM] },
    ])
  })

  test('are a reflection where they are short and go to ever new ports', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4000; index += 1) {
      const ports = { sourcePort: 1194, destinationPort: 1024 + ((index * 97) % 60_000) }
      traffic.udp(host(index % 400), VICTIM, { ...ports, payload: bytes(14) }, 1500)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'amplification.udp', family: 'amplification', attacker: null, victims: [VICTIM] },
    ])
  })

  test('are no reflection where they are relays of a call with many people', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 3478, destinationPort: 50_000 + (index % 12) }
      const back = { sourcePort: ports.destinationPort, destinationPort: 3478 }
      traffic.udp(host(index % 12), VICTIM, { ...ports, payload: bytes(900) }, 500)
      if (index % 8 < 2) traffic.udp(VICTIM, host(index % 12), { ...back, payload: bytes(80) }, 0)
    }
    expect(traffic.end()).toEqual([])
  })
})
