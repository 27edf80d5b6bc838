import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../../support/packets/packet-builder.ts'
import { Talk, segment, tcpOpening } from '../../../support/messages/spoken/spoken-flow.ts'

const get = (uri: string): string => `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const FIRST = 101
const SECOND = FIRST + get('/1').length

/** Pieces of the client's second request on a connection, each with where it begins in the request. */
function urisOf(pieces: readonly (readonly [from: number, text: string])[]): unknown[] {
  const talk = opened()
  for (const [from, text] of pieces) talk.fold(segment('>', bytesOf(text), SECOND + from))
  return uris(talk)
}

function opened(): Talk {
  const talk = new Talk()
  for (const layer of tcpOpening()) talk.fold(layer)
  talk.fold(segment('>', bytesOf(get('/1')), FIRST))
  talk.fold(segment('<', bytesOf(OK), 201))
  return talk
}

function uris(talk: Talk): unknown[] {
  return talk.end().told.flatMap((fact) => (fact.kind === 'http-request' ? [fact.uri] : []))
}

const request = get('/2')
const piece = (from: number, to = request.length) => [from, request.slice(from, to)] as const

describe('pieces of a request', () => {
  it('are read in the order of their bytes, however they come', () => {
    expect(urisOf([piece(10), piece(0, 10)])).toEqual(['/1', '/2'])
    expect(urisOf([piece(20), piece(10, 20), piece(0, 10)])).toEqual(['/1', '/2'])
    expect(urisOf([piece(10, 20), piece(20), piece(0, 10)])).toEqual(['/1', '/2'])
  })

  it('may overlap: what is in order first stands, as Linux takes it', () => {
    expect(urisOf([piece(0, 8), [4, 'X'.repeat(4) + request.slice(8)]])).toEqual(['/1', '/2'])
    expect(urisOf([[5, `9${request.slice(6)}`], piece(0, 8)])).toEqual(['/1', '/2'])
  })

  it('may begin with the last bytes of the request before', () => {
    expect(urisOf([[-1, `\n${request}`]])).toEqual(['/1', '/2'])
    expect(urisOf([[-get('/1').length, get('/1') + request]])).toEqual(['/1', '/2'])
  })
})

describe('bytes that never come', () => {
  it('are given up when the other side speaks', () => {
    const talk = opened()
    talk.fold(segment('>', bytesOf(request), SECOND + 7))
    const before = talk.told.length
    talk.fold(segment('<', bytesOf(OK), 201 + OK.length))
    expect(talk.told.slice(before).map(({ kind }) => kind)).toEqual(['http-request', 'http-response', 'http-body']) // prettier-ignore
  })

  it('are given up when the flow ends', () => {
    const talk = opened()
    talk.fold(segment('>', bytesOf(request), SECOND + 7))
    expect(uris(talk)).toEqual(['/1', '/2'])
  })

  it('are given up when too many segments wait for them', () => {
    const talk = opened()
    const count = 9
    for (let index = 0; index < count; index += 1) {
      talk.fold(segment('>', bytesOf(get(`/${index}`)), SECOND + 7 + index * request.length))
    }
    expect(talk.told.filter(({ kind }) => kind === 'http-request')).toHaveLength(1 + count)
  })

  it('are waited for in so many flows and no more; the rest are counted', () => {
    const talk = new Talk()
    for (let port = 1000; port < 1300; port += 1) {
      const options = { clientPort: port }
      for (const layer of tcpOpening(options)) talk.fold(layer)
      talk.fold(segment('>', bytesOf(get('/late')), FIRST + 7, options))
    }
    expect(talk.table.statistics.lostMessages).toBe(300 - 256)
    expect(uris(talk)).toHaveLength(256)
  })
})
