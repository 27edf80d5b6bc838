import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../../../support/packets/packet-builder.ts'
import {
  Talk,
  overTcp,
  segment,
  tcpOpening,
  type Said,
} from '../../../../support/messages/spoken/spoken-flow.ts'

const request = [
  'POST /login?next=%2F HTTP/1.1',
  'Host: Shop.Example.org',
  'user-agent:  curl/8.1 ',
  'Authorization: Basic YWRtaW46c2VjcmV0',
  'Content-Type: application/json',
  'Content-Length: 4',
  '',
  'body',
].join('\r\n')
const refusal = 'HTTP/1.1 401 Unauthorized\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n'
const get = (uri: string): string => `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`
const page = (bytes: number): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${bytes}\r\n\r\n`

describe('a request and its response', () => {
  const { facts, told } = overTcp([['>', request], ['<', refusal]]) // prettier-ignore

  it('are the facts of the flow', () => {
    expect(facts).toEqual({
      kind: 'http',
      method: 'POST',
      uri: '/login?next=%2F',
      host: 'shop.example.org',
      userAgent: 'curl/8.1',
      authScheme: 'basic',
      status: 401,
      contentType: null,
      server: 'nginx',
      requests: 1,
      responses: 1,
      clientErrors: 1,
      serverErrors: 0,
      authFailures: 1,
    })
  })

  it('are told, without the credential', () => {
    expect(told).toMatchObject([
      { kind: 'http-request', contentType: 'application/json', contentBytes: 4 },
      { kind: 'login-offer', application: 'http', user: 'admin' },
      { kind: 'http-body', isFromResponder: false, format: 'text', text: 'body' },
      { kind: 'http-response', status: 401, contentBytes: 0 },
      { kind: 'login', application: 'http', outcome: 'failure', user: 'admin', code: '401' },
    ])
    expect(JSON.stringify([facts, told])).not.toMatch(/YWRtaW46|secret\b(?!":)/)
  })

  it.each(['Authorization: YWRtaW46c2VjcmV0', 'Proxy-Authorization: secret'])(
    'a credential without a scheme is not kept: %s',
    (line) => {
      const { facts: read } = overTcp([['>', `GET / HTTP/1.1\r\n${line}\r\n\r\n`]])
      expect(read).toMatchObject({ authScheme: 'other' })
    },
  )

  it('a password in the URI is cut out', () => {
    const { facts: read } = overTcp([['>', get('http://joe:secret@example.org/x@y')]])
    expect(read).toMatchObject({ uri: 'http://example.org/x@y' })
  })
})

describe('one connection', () => {
  const uris = (said: readonly Said[]): unknown[] =>
    overTcp(said).told.flatMap((fact) => (fact.kind === 'http-request' ? [fact.uri] : []))

  it('carries many requests, one after the other or several in a segment', () => {
    expect(
      uris([
        ['>', get('/1')],
        ['<', `${page(2)}hi`],
        ['>', get('/2') + get('/3')],
      ]),
    ).toEqual([...['/1', '/2', '/3']])
  })

  it('may be captured in one direction only', () => {
    expect(
      uris([
        ['>', request.slice(0, -4)],
        ['>', 'body'],
        ['>', get('/2')],
        ['>', get('/3')],
      ]),
    ).toEqual([
      // prettier-ignore
      ...['/login?next=%2F', '/2', '/3'],
    ])
  })

  it('passes over bodies, whatever they look like', () => {
    const body = 'GET /forged HTTP/1.1\r\n\r\n'
    const post = `POST / HTTP/1.1\r\nContent-Length: ${body.length * 3}\r\n\r\n`
    const said: Said[] = [['>', post], ['>', body], ['>', body + body], ['>', get('/next')]] // prettier-ignore
    expect(uris(said)).toEqual(['/', '/next'])
  })

  it('goes on behind a download', () => {
    const chunk = 'x'.repeat(1400)
    const download = Array.from({ length: 40 }, () => ['<', chunk] as const)
    const said: Said[] = [['>', get('/big')], ['<', page(56_000)], ...download, ['>', get('/2')]]
    expect(uris(said)).toEqual(['/big', '/2'])
  })

  it('is not counted twice when it repeats', () => {
    const { facts } = overTcp([['>', get('/')], ['<', page(0)], ['>', get('/')]]) // prettier-ignore
    expect(facts).toMatchObject({ requests: 2, responses: 1 })
  })

  it.each([
    ['its letters come one by one', [...get('/2')]],
    ['its first letter comes alone', ['G', get('/2').slice(1)]],
    ['empty lines stand before it', [`\r\n\r\n${get('/2')}`]],
    ['it follows a piece of the one before', ['\r\n', get('/2')]],
  ])('is read on, when %s', (_how, pieces) => {
    const second = pieces.map((piece): Said => ['>', piece])
    expect(uris([['>', get('/1')], ['<', `${page(2)}hi`], ...second])).toEqual(['/1', '/2']) // prettier-ignore
  })

  it('carries a request of which the segment of the one before holds the beginning', () => {
    const second = get('/2')
    const cut = 9
    expect(uris([['>', get('/1') + second.slice(0, cut)], ['>', second.slice(cut)]])).toEqual(['/1', '/2']) // prettier-ignore
  })

  it('carries more requests in one segment than any browser sends', () => {
    const many = Array.from({ length: 60 }, (_, index) => `/${index}`)
    expect(uris([['>', many.map((uri) => `GET ${uri} HTTP/1.1\r\n\r\n`).join('')]])).toEqual(many)
  })

  it.each([
    ['of a long body', `POST /1 HTTP/1.1\r\nContent-Length: 40000\r\n\r\n`, 'x'.repeat(1000), 40],
    ['of chunks', `POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`, '0\r\n\r\n', 1], // prettier-ignore
  ])('carries a request behind the end %s', (_what, head, part, count) => {
    const parts = Array.from({ length: count }, (): Said => ['>', part])
    expect(uris([['>', head], ...parts, ['>', get('/2')]])).toEqual(['/1', '/2'])
    expect(uris([['>', head], ...parts.slice(1), ['>', part + get('/2')]])).toEqual(['/1', '/2'])
  })

  it('carries a request behind chunks of which one fills segments of its own', () => {
    const head = 'POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
    for (const body of ['x'.repeat(300), `${'x'.repeat(300)}\r\n`, '\n']) {
      const parts: Said[] = [['>', body], ['>', body], ['>', '0\r\n\r\n'], ['>', get('/2')]] // prettier-ignore
      expect(uris([['>', head], ['>', '12c\r\n'], ...parts])).toEqual(['/1', '/2'])
    }
  })

  it('goes on behind a CONNECT that was refused, or carries HTTP', () => {
    const connect = 'CONNECT a:80 HTTP/1.1\r\n\r\n'
    const refusal = 'HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n'
    const after: Said[] = [['>', get('/1')], ['<', page(0)], ['>', get('/2')]] // prettier-ignore
    expect(uris([['>', connect], ['<', refusal], ...after])).toEqual(['a:80', '/1', '/2'])
    expect(uris([['>', connect], ['<', 'HTTP/1.1 200 OK\r\n\r\n'], ...after])).toEqual(['a:80', '/1', '/2']) // prettier-ignore
  })

  it.each([
    ['HEAD', page(500)],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
  ])('has answers behind one without its body, to %s', (method, head) => {
    const { told } = overTcp([
      ['>', get('/1').replace('GET', method)],
      ['<', head],
      ['>', get('/2')],
      ['<', `HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n`],
    ])
    expect(told.map((fact) => (fact.kind === 'http-response' ? fact.status : fact.kind)).slice(1)).toEqual([expect.any(Number), 'http-request', 404]) // prettier-ignore
  })

  it('ends as HTTP where another protocol begins', () => {
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'
    expect(
      uris([
        ['>', get('/ws')],
        ['<', upgrade],
        ['>', get('/in-tunnel')],
      ]),
    ).toEqual(['/ws'])
  })
})

describe('odd headers', () => {
  it('are those of their own request, also where one segment holds several', () => {
    const odd = "GET /2 HTTP/1.1\r\nX-a: ' or 1=1\r\n\r\n"
    const { told } = overTcp([['>', get('/1') + odd + get('/3')]])
    expect(told).toMatchObject([
      { uri: '/1', oddHeaders: [] },
      { uri: '/2', oddHeaders: ["X-a: ' or 1=1"] },
      { uri: '/3', oddHeaders: [] },
    ])
  })
})

describe('a first line that only lenient servers take', () => {
  it.each([
    ['a method of its own', 'FOO /x HTTP/1.1\r\n\r\n', { method: 'FOO', uri: '/x' }],
    ['another of WebDAV', 'MKCOL /x HTTP/1.1\r\n\r\n', { method: 'MKCOL', uri: '/x' }],
    ['tabs', 'GET\t/x\tHTTP/1.1\r\n\r\n', { method: 'GET', uri: '/x' }],
    ['several spaces', 'GET  /x  HTTP/1.1\r\n\r\n', { method: 'GET', uri: '/x ' }],
    ['no version', 'GET /x\r\n', { method: 'GET', uri: '/x' }],
    ['empty lines before it', '\r\n\nGET /x HTTP/1.1\r\n\r\n', { method: 'GET', uri: '/x' }],
  ])('has %s', (_what, text, read) => {
    expect(overTcp([['>', text]]).told).toMatchObject([{ kind: 'http-request', ...read }])
    const behind = overTcp([['>', get('/1')], ['<', page(0)], ['>', text]]).told // prettier-ignore
    expect(behind.at(-1)).toMatchObject({ kind: 'http-request', ...read })
  })

  it('may be cut anywhere', () => {
    const text = 'FOO /a/path/as/long/as/that HTTP/1.1\r\nHost: a\r\n\r\n'
    for (let at = 1; at < text.length; at += 1) {
      const { facts } = overTcp([['>', text.slice(0, at)], ['>', text.slice(at)]]) // prettier-ignore
      expect(facts, `cut at ${at}`).toMatchObject({ method: 'FOO', host: 'a' })
    }
  })

  it.each(['SAY /hello there\r\n', 'HELLO WORLD HTTP/1.1\r\n', 'LIST / HTTP\r\n'])(
    'is no line of another protocol: %j',
    (text) => {
      expect(overTcp([['>', text]]).flow.application).not.toBe('http')
    },
  )
})

describe('a head over several segments', () => {
  const head = request.replace(/body$/, '')
  const whole = overTcp([['>', head]]).told

  it('is the same cut at any byte', () => {
    for (let at = 1; at < head.length; at += 1) {
      const { told } = overTcp([['>', head.slice(0, at)], ['>', head.slice(at)]]) // prettier-ignore
      expect(told, `cut at ${at}`).toEqual(whole)
    }
  })
})

describe('a head whose end is missing', () => {
  const cut = 'GET /slow HTTP/1.1\r\nHost: victim\r\nX-a: b\r\n'

  it('is known by what there is of it', () => {
    expect(overTcp([['>', cut]]).facts).toMatchObject({ uri: '/slow', host: 'victim', requests: 0 })
  })

  it('is read when it is answered all the same', () => {
    const { told } = overTcp([['>', cut], ['<', page(0)]]) // prettier-ignore
    expect(told).toMatchObject([{ uri: '/slow' }, { status: 200 }])
  })

  it('is read when the next begins behind the hole', () => {
    const talk = new Talk()
    for (const layer of tcpOpening()) talk.fold(layer)
    talk.fold(segment('>', bytesOf(cut), 101))
    talk.fold(segment('>', bytesOf(get('/2')), 101 + cut.length + 7))
    expect(talk.end().told).toMatchObject([{ uri: '/slow', host: 'victim' }, { uri: '/2' }])
  })
})

describe('text', () => {
  it('is cut and escaped', () => {
    const agent = `${'a'.repeat(300)}`
    const { facts } = overTcp([
      ['>', `GET /\x1b[31m\xe2\x80\xae${'u'.repeat(2000)} HTTP/1.1\r\nUser-Agent: ${agent}\r\nHost: caf\xe9\0\r\n\r\n`],
    ]) // prettier-ignore
    if (facts?.kind !== 'http') throw new Error('not read as HTTP')
    expect(facts.uri?.startsWith('/\\u{1b}[31m\\u{202e}uuu')).toBe(true)
    expect(facts.uri).toHaveLength(1024)
    expect(facts.userAgent).toBe('a'.repeat(256))
    expect(facts.host).toBe('café\\u{0}')
  })
})
