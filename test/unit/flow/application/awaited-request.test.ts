/** Which request an answer is told with, and what a flow holds of it. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Ration } from '../../../../src/core/ration.ts'
import { TextBudget } from '../../../../src/flow/application/reader.ts'
import { AwaitedRequest } from '../../../../src/flow/application/web/awaited-request.ts'
import { HttpReader } from '../../../../src/flow/application/web/http.ts'
import { StreamBuffers } from '../../../../src/flow/application/streams/stream-buffers.ts'
import { Packet } from '../../../../src/decode/index.ts'
import { httpRequest } from '../../../support/detection/judged-rules.ts'
import { bytesOf } from '../../../support/packets/packet-builder.ts'
import { overTcp, type Said } from '../../../support/messages/spoken/spoken-flow.ts'

const get = (uri: string): string => `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`
const answer = (status: number): string => `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`

describe('an answer is told with', () => {
  it.each<[string, readonly Said[], (string | null)[]]>([
    ['what was asked for before it', [['>', get('/a')], ['<', answer(200)], ['>', get('/b')], ['<', answer(404)]], ['/a', '/b']],
    ['the same as the interim one before', [['>', get('/a')], ['<', answer(100)], ['<', answer(200)]], ['/a', '/a']],
    ['nothing where the question was lost', [['<', answer(200)]], [null]],
    ['nothing where all that was asked for has been answered', [['>', get('/a')], ['<', answer(200)], ['<', answer(200)]], ['/a', null]],
  ])('%s', (_what, said, uris) => {
    const told = overTcp(said).told.filter((fact) => fact.kind === 'http-response')
    expect(told.map(({ request }) => request?.uri ?? null)).toEqual(uris)
  }) // prettier-ignore
})

describe('an awaited request', () => {
  it('takes its room out of what all flows share, and gives it back', () => {
    const room = new TextBudget(100)
    const [one, other] = [new AwaitedRequest(room), new AwaitedRequest(room)]
    const long = httpRequest({ uri: 'x'.repeat(60), host: null, userAgent: null })
    one.hold(long)
    other.hold(long)
    expect([one.request, other.request]).toEqual([long, null])
    one.hold(long)
    expect(one.request).toBe(long)
    one.forget()
    one.forget()
    other.hold(long)
    expect([one.request, other.request]).toEqual([null, long])
  })
})

it('of a request that was answered only the first words are kept, however odd its headers', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const text = new TextBudget(1_000_000)
  const decryptions = new Ration(1000)
  const context = {
    isHeard: true,
    buffers: new StreamBuffers(),
    text,
    decryptions,
    tell: () => undefined,
  }
  const odd = Array.from({ length: 8 }, (_, at) => `X-${at}: '${'y'.repeat(500)}`).join('\r\n')
  const readers: HttpReader[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 3000; index += 1) {
    const reader = new HttpReader(context)
    reader.read(segmentOf(`GET /${index} HTTP/1.1\r\nHost: a\r\n${odd}\r\n\r\n`), 0, 0)
    reader.read(segmentOf(answer(200)), 1, 0)
    readers.push(reader)
  }
  collect()
  const each = (process.memoryUsage().heapUsed - before) / readers.length
  expect(each).toBeLessThan(2500)
})

function segmentOf(content: string): Packet {
  const packet = new Packet()
  packet.buffer = bytesOf(content)
  packet.payloadCaptured = packet.payloadLength = packet.buffer.length
  return packet
}
