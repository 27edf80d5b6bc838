import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameReader } from '../../../../../src/forward/sinks/relp/frame.ts'
import { seededBytes } from '../../../../support/packets/seeded-bytes.ts'

const stream = Buffer.from('1 rsp 15 200 OK\ngrößer\n2 rsp 6 200 OK\n0 serverclose 0\n', 'utf8')
const frames = [
  { transaction: 1, command: 'rsp', data: '200 OK\ngrößer' },
  { transaction: 2, command: 'rsp', data: '200 OK' },
  { transaction: 0, command: 'serverclose', data: '' },
]

describe('encodeFrame', () => {
  it('writes transaction, command, length in bytes and data, and no space where there is no data', () => {
    expect(encodeFrame(3, 'syslog', Buffer.from('ü')).toString()).toBe('3 syslog 2 ü\n')
    expect(encodeFrame(4, 'close', Buffer.alloc(0)).toString()).toBe('4 close 0\n')
  })
})

describe('FrameReader', () => {
  it('gives the same frames however the stream is cut', () => {
    expect(new FrameReader().push(stream)).toEqual(frames)
    for (let cut = 1; cut < stream.length; cut += 1) {
      const reader = new FrameReader()
      const parts = [stream.subarray(0, cut), stream.subarray(cut)]
      expect(parts.flatMap((part) => reader.push(part))).toEqual(frames)
    }
    const reader = new FrameReader()
    expect([...stream].flatMap((byte) => reader.push(Buffer.of(byte)))).toEqual(frames)
  })

  it.each([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n', 'does not speak RELP: "HTTP/1.1 400'],
    ['a stream without an end of the header', '1'.repeat(100), 'does not speak RELP'],
    ['a length beyond all measure', '1 rsp 999999999 2', 'answer has 999999999 bytes'],
    ['a length of ten digits', '1 rsp 1000000000 2', 'does not speak RELP'],
    ['a negative length', '1 rsp -1 2', 'does not speak RELP'],
    ['a length that is too short', '1 rsp 3 200 OK\n', 'does not speak RELP'],
    ['data that is missing', '1 rsp 6\n200 OK\n', 'does not speak RELP'],
    ['a line feed alone', '\n', 'does not speak RELP'],
  ])('refuses %s', (_, text, message) => {
    expect(() => new FrameReader().push(Buffer.from(text))).toThrow(message)
  })

  it('gives frames or refuses, and holds little, whatever bytes come', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const noise = seededBytes(seed, 200)
      const bytes = Buffer.concat([stream.subarray(0, seed % stream.length), noise])
      try {
        new FrameReader().push(bytes)
      } catch (cause) {
        expect(String(cause)).toMatch(/^Error: the collector/)
      }
    }
  })
})
