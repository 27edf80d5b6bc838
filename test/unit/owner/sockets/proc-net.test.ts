import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSocketRow } from '../../../../src/owner/sockets/proc-net.ts'

const tail =
  '00000000:00000000 00:00000000 00000000    33        0 123456 1 0000000000000000 100 0 0 10 0'

describe('parseSocketRow', () => {
  it('reads a listener and a connection', () => {
    expect(parseSocketRow(`   0: 0100007F:46CB 00000000:0000 0A ${tail}`)).toEqual({
      ...{ localAddress: '127.0.0.1', localPort: 18123, remoteAddress: '0.0.0.0', remotePort: 0 },
      ...{ isListening: true, uid: 33, inode: 123456 },
    })
    expect(parseSocketRow(` 117: 0200A8C0:D431 070200C0:01BB 01 ${tail}`)).toMatchObject({
      ...{ localAddress: '192.168.0.2', remoteAddress: '192.0.2.7', remotePort: 443 },
      isListening: false,
    })
  })

  it('reads IPv6, and IPv4 on an IPv6 socket as IPv4', () => {
    const local = 'B80D0120000000000000000001000000'
    const mapped = '0000000000000000FFFF0000070200C0'
    expect(parseSocketRow(`  5: ${local}:0016 ${mapped}:9C40 01 ${tail}`)).toMatchObject({
      ...{ localAddress: '2001:db8::1', localPort: 22, remoteAddress: '192.0.2.7' },
    })
  })

  it('takes nothing else for a socket, and never throws', () => {
    const title =
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid'
    expect(parseSocketRow(title)).toBeNull()
    const row = `   0: 0100007F:46CB 00000000:0000 0A ${tail}`
    for (let length = 0; length < row.indexOf('123456'); length += 1) {
      expect(parseSocketRow(row.slice(0, length))).toBeNull()
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseSocketRow(text) === null))
  })
})
