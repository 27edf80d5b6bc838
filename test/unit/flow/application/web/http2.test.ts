import { beforeAll, describe, expect, it } from 'vitest'
import { HpackDecoder } from '../../../../../src/flow/application/web/http2/hpack.ts'
import { decodeHuffman } from '../../../../../src/flow/application/web/http2/huffman.ts'
import { TextBudget } from '../../../../../src/flow/application/reader.ts'
import type { HttpRequest } from '../../../../../src/flow/flow.ts'
import type { ApplicationFact } from '../../../../../src/flow/index.ts'
import { bytesOf } from '../../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../../support/seeded-random.ts'
import {
  Talk,
  overTcp,
  segment,
  tcpOpening,
  type Said,
} from '../../../../support/messages/spoken/spoken-flow.ts'
import { ask, spokenHttp2 } from '../../../../support/messages/spoken/spoken-http2.ts'

const requests = (told: readonly ApplicationFact[]): HttpRequest[] =>
  told.filter((fact) => fact.kind === 'http-request')
const statuses = (told: readonly ApplicationFact[]): number[] =>
  told.flatMap((fact) => (fact.kind === 'http-response' ? [fact.status] : []))
const uris = (told: readonly ApplicationFact[]): string[] => requests(told).map(({ uri }) => uri)

/** Three requests: one with all that is read, one that repeats its fields, one with a body. */
let talk: Said[]

beforeAll(async () => {
  talk = await spokenHttp2(
    async (session) => {
      const fields = {
        ':authority': 'Shop.Example.org',
        'user-agent': 'curl/8.1',
        accept: '*/*',
        authorization: 'Basic YWRtaW46c2VjcmV0',
        'x-odd': "' or 1=1 --",
      }
      await ask(session, { ':path': '/1?next=%2F', ...fields })
      await ask(session, { ':path': '/2', ...fields })
      await ask(session, { ':path': '/3', ':method': 'POST', 'content-type': 'text/plain' }, 'a=1')
    },
    (stream, headers) => {
      const status = headers[':path'] === '/2' ? 404 : 200
      stream.respond({ ':status': status, server: 'picket-test', 'content-type': 'text/html' })
      stream.end('<p>page')
    },
  )
})

describe('a connection in HTTP/2', () => {
  it('tells its requests and answers as HTTP/1 does', () => {
    const { facts, told } = overTcp(talk)
    expect(requests(told)).toMatchObject([
      {
        ...{ method: 'GET', uri: '/1?next=%2F', host: 'shop.example.org', userAgent: 'curl/8.1' },
        ...{ authScheme: 'basic', hasAccept: true, oddHeaders: ["x-odd: ' or 1=1 --"] },
      },
      { method: 'GET', uri: '/2', host: 'shop.example.org', userAgent: 'curl/8.1' },
      { method: 'POST', uri: '/3', contentType: 'text/plain' },
    ])
    expect(statuses(told)).toEqual([200, 404, 200])
    expect(told.filter(({ kind }) => kind === 'http-body')).toMatchObject([
      { isFromResponder: true, text: '<p>page' },
      { isFromResponder: true, text: '<p>page' },
      { isFromResponder: false, text: 'a=1' },
      { isFromResponder: true, text: '<p>page' },
    ])
    expect(told.filter(({ kind }) => kind === 'login')).toMatchObject([{ outcome: 'success', user: 'admin' }]) // prettier-ignore
    expect(facts).toMatchObject({
      ...{ method: 'GET', uri: '/1?next=%2F', host: 'shop.example.org', status: 200 },
      ...{ server: 'picket-test', requests: 3, responses: 3, clientErrors: 1 },
    })
    expect(JSON.stringify([facts, told])).not.toMatch(/YWRtaW46|secret\b(?!":)/)
  })

  it('takes nothing from a frame that says it is padded by more than it holds', () => {
    const preface = bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    // HEADERS of stream 1, END_STREAM, END_HEADERS, PADDED: 8 bytes of padding in 5, and :method GET, :scheme http, :path /.
    const headers = [0, 0, 6, 1, 0x0d, 0, 0, 0, 1, 8, 0x82, 0x86, 0x84, 0, 0]
    const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    const client = Uint8Array.from([...preface, ...settings, ...headers])
    expect(uris(overTcp([['>', client]]).told)).toEqual([])
  })

  it('is the same in segments of any size', () => {
    const whole = overTcp(talk).told
    for (const size of [1, 2, 3, 7, 100]) {
      expect(overTcp(inSegments(talk, size)).told, `${size} bytes`).toMatchObject(
        whole.map((fact) => (fact.kind === 'http-body' ? { kind: 'http-body' } : fact)),
      )
    }
  })

  it('may be agreed on in HTTP/1', () => {
    const upgrade = 'GET /0 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
    const agreed = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
    const { told } = overTcp([['>', upgrade], ['<', agreed], ...talk]) // prettier-ignore
    expect(uris(told)).toEqual(['/0', '/1?next=%2F', '/2', '/3'])
    expect(statuses(told)).toEqual([101, 200, 404, 200])
  })

  it('asks on behind a hole in a body, but not behind one in a head', async () => {
    const body = 'x'.repeat(5000)
    const long = await spokenHttp2(
      async (session) => {
        await ask(session, { ':path': '/1', ':method': 'POST' }, body)
        await ask(session, { ':path': '/2' })
      },
      (stream) => {
        stream.respond({ ':status': 200 })
        stream.end()
      },
    )
    const isOfBody = (content: Said[1]): boolean => Buffer.from(bytesOf(content)).includes('xxxx')
    const isOfFirstHead = (content: Said[1], index: number): boolean => index === headAt(long) && !isOfBody(content) // prettier-ignore
    expect(uris(without(long, isOfBody).told)).toEqual(['/1', '/2'])
    expect(uris(without(long, isOfFirstHead).told)).toEqual([])
  })

  it('is read on when the table of fields is full and forgets the oldest', async () => {
    const many = await spokenHttp2(
      async (session) => {
        for (let index = 0; index < 200; index += 1) {
          await ask(session, { ':path': `/${index}`, [`x-${index}`]: 'v'.repeat(900) })
        }
      },
      (stream) => {
        stream.respond({ ':status': 200 })
        stream.end()
      },
    )
    const { told, statistics } = overTcp(many)
    expect(uris(told)).toHaveLength(200)
    expect(statistics.refusedTexts).toBe(0)
  })
})

describe('header blocks', () => {
  const decoder = (): HpackDecoder => new HpackDecoder(new TextBudget(1_000_000))
  const hex = (text: string): Uint8Array =>
    new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

  it('are those of the standard (RFC 7541, C.4 and C.6)', () => {
    const ask = decoder()
    const first = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com']] // prettier-ignore
    expect(ask.decode(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual(first)
    expect(ask.decode(hex('8286 84be 5886 a8eb 1064 9cbf'))).toEqual([...first, ['cache-control', 'no-cache']]) // prettier-ignore
    expect(ask.decode(hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))).toEqual([
      ...[[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html']], // prettier-ignore
      ...[[':authority', 'www.example.com'], ['custom-key', 'custom-value']], // prettier-ignore
    ])
  })

  it.each([
    ['an index beyond the table', 'c0'],
    ['an index of nothing', '80'],
    ['a string that goes on behind the end', '400a 6375'],
    ['an integer without an end', 'ffff ffff ffff ffff'],
    ['a table larger than anybody asks for', '3fe1 ff7f'],
    ['a code of Huffman that is none', '4083 ffff ff00'],
  ])('with %s are refused', (_what, block) => {
    expect(decoder().decode(hex(block))).toBeNull()
  })

  it('give back all they took', () => {
    const budget = new TextBudget(1000)
    const hpack = new HpackDecoder(budget)
    hpack.decode(hex('4003 6162 6303 6465 66'))
    expect(budget.take(1000, true)).toBe(false)
    hpack.release()
    expect(budget.take(1000, true)).toBe(true)
  })

  it('hold every octet that Huffman codes', () => {
    expect(decodeHuffman(hex('f1e3 c2e5 f23a 6ba0 ab90 f4ff'))?.toString()).toBe('www.example.com')
    expect(decodeHuffman(hex('fe'))).toBeNull()
  })
})

describe('hostile frames', () => {
  it('of random bytes behind the preface do no harm', () => {
    const random = seededRandom(7)
    const said = talk.flatMap(([from, content]) => [[from, Uint8Array.from(bytesOf(content))] as const]) // prettier-ignore
    for (let round = 0; round < 300; round += 1) {
      const changed = said.map(([from, content]): Said => {
        const bytes = Uint8Array.from(content)
        const at = random(bytes.length)
        if (at > 24 || from === '<') bytes[at] = random(256)
        return [from, bytes]
      })
      expect(overTcp(changed, { isGuarded: true }).flow.application).toBe('http')
    }
  })

  it('that never end a head are given up, and their room given back', () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    const frame = (type: number, length: number): Uint8Array =>
      new Uint8Array([
        0,
        length >>> 8,
        length & 255,
        type,
        0,
        0,
        0,
        0,
        1,
        ...new Uint8Array(length),
      ])
    const endless = Array.from({ length: 30 }, (): Said => ['>', frame(9, 1000)])
    const { told, statistics } = overTcp([['>', preface], ['>', frame(1, 1000)], ...endless])
    expect(told).toEqual([])
    expect(statistics.flowsWithFacts).toBe(0)
  })
})

/** The client's first bytes behind the preface and the settings. */
function headAt(said: readonly Said[]): number {
  return said.findIndex(([from, content]) => from === '>' && bytesOf(content)[3] === 1)
}

function inSegments(said: readonly Said[], size: number): Said[] {
  return said.flatMap(([from, content]) => {
    const bytes = bytesOf(content)
    const count = Math.ceil(bytes.length / size)
    return Array.from({ length: count }, (_, index): Said => [from, bytes.subarray(index * size, (index + 1) * size)]) // prettier-ignore
  })
}

/** The talk as a capture has it that lost some of the client's segments. */
function without(said: readonly Said[], isLost: (content: Said[1], index: number) => boolean) {
  const lossy = new Talk()
  const sequence = { '>': 101, '<': 201 }
  for (const layer of tcpOpening()) lossy.fold(layer)
  said.forEach(([from, content], index) => {
    const bytes = bytesOf(content)
    if (from === '<' || !isLost(content, index)) lossy.fold(segment(from, bytes, sequence[from]))
    sequence[from] += bytes.length
  })
  return lossy.end()
}
