import { describe, expect, it } from 'vitest'
import { parseEventFormat, parsePageLayout } from '../../../../src/owner/trace/event-format.ts'
import { TRACE_POINTS } from '../../../../src/owner/trace/trace-points.ts'
import { FORMATS, eventPayload } from '../../../support/trace-page.ts'

function decoderOf(path: keyof typeof FORMATS, format: string = FORMATS[path]) {
  const point = TRACE_POINTS.find((candidate) => candidate.path === path)!
  return point.decoder(parseEventFormat(format)!)
}

describe('the trace events', () => {
  it('name the ends of a connection as flows do, for both families and for mapped addresses', () => {
    const { decode, bytes } = decoderOf('sock/inet_sock_set_state')!
    const payload = eventPayload(2287, 4711, bytes)
    payload.writeBigUInt64LE(0xffff888012345678n, 8)
    payload.writeInt32LE(7, 16)
    payload.writeInt32LE(2, 20)
    payload.writeUInt16LE(60938, 24)
    payload.writeUInt16LE(443, 26)
    payload.writeUInt16LE(2, 28)
    payload.writeUInt16LE(6, 30)
    payload.set([10, 0, 0, 5, 192, 0, 2, 7], 32)
    const told = { tid: 4711, flags: 0, timeNs: 9, oldState: 7, newState: 2, localPort: 60938 }
    expect(decode(payload, 0, 9)).toMatchObject({
      ...{ kind: 'changed', ...told, socket: 0xffff888012345678n, remotePort: 443 },
      ...{ localAddress: '10.0.0.5', remoteAddress: '192.0.2.7' },
    })
    payload.writeUInt16LE(10, 28)
    payload.set(Buffer.from('20010db8000000000000000000000001', 'hex'), 40)
    payload.set(Buffer.from('00000000000000000000ffffc0000207', 'hex'), 56)
    expect(decode(payload, 0, 9)).toMatchObject({
      ...{ localAddress: '2001:db8::1', remoteAddress: '192.0.2.7' },
    })
    payload.writeUInt16LE(132, 30)
    expect(decode(payload, 0, 9)).toBeNull()
  })

  it('tell the path of a program, and no more than the event holds', () => {
    const { decode, bytes } = decoderOf('sched/sched_process_exec')!
    const path = '/usr/bin/curl\0'
    const payload = Buffer.concat([eventPayload(365, 9, 20), Buffer.from(path)])
    expect(bytes).toBeLessThanOrEqual(payload.length)
    payload.writeUInt32LE((path.length << 16) | 20, 8)
    expect(decode(payload, 0, 1)).toMatchObject({ kind: 'executed', tid: 9, path: '/usr/bin/curl' })
    for (const location of [0xffffffff, 0xffff0014, 0x0000ffff, 0]) {
      payload.writeUInt32LE(location, 8)
      expect(() => decode(payload, 0, 1)).not.toThrow()
    }
  })

  it('tell threads from processes, and names that hold line breaks', () => {
    const { decode, bytes } = decoderOf('task/task_newtask')!
    const payload = eventPayload(205, 100, bytes)
    payload.writeInt32LE(101, 8)
    payload.write('evil\nbash-1 [000]', 12, 16, 'latin1')
    payload.writeUInt32LE(0x3d0f00, 32)
    const born = { kind: 'forked', tid: 100, childTid: 101, isThread: true, isMoved: false }
    expect(decode(payload, 0, 1)).toMatchObject({ ...born, command: 'evil\nbash-1 [000' })
    payload.writeUInt32LE(0x1200000, 32)
    payload.writeUInt32LE(2, 36)
    expect(decode(payload, 0, 1)).toMatchObject({ isThread: false, isMoved: true })
  })

  it('are refused where the kernel has other fields, or others as wide', () => {
    const path = 'sock/inet_sock_set_state'
    expect(decoderOf(path, FORMATS[path].replace('skaddr', 'socket'))).toBeNull()
    expect(decoderOf(path, FORMATS[path].replace('size:16', 'size:8'))).toBeNull()
  })
})

describe('parseEventFormat', () => {
  it.each(['', 'ID: x', 'name: a\nformat:\n', '\0'.repeat(50)])('refuses %j', (text) => {
    expect(parseEventFormat(text)).toBeNull()
  })
})

describe('parsePageLayout', () => {
  const page = (size: string) => `\tfield: char data;\toffset:16;\tsize:${size};\tsigned:1;\n`

  it('reads how large a page is', () => {
    expect(parsePageLayout(page('4080'))).toEqual({ pageBytes: 4096, dataOffset: 16 })
  })

  it.each(['', page('99999999'), page('4080').replace('16', '8')])('refuses %j', (text) => {
    expect(parsePageLayout(text)).toBeNull()
  })
})
