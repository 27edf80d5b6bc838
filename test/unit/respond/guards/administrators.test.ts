import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import { readTcpTable } from '../../../../src/respond/guards/administrators.ts'

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

test.runIf(endianness() === 'LE')('sockets are read with their far end, state and inode', () => {
  const text = `${HEADER}
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21000 1 0000000000000000 100 0 0 10 0
   1: 0500000A:0016 4D7100CB:D431 01 00000000:00000000 02:000A7D6C 00000000     0        0 21042 2 0000000000000000 20 4 30 10 -1
`
  expect(readTcpTable(text)).toEqual([
    { localPort: 22, remoteAddress: '0.0.0.0', remotePort: 0, state: '0A', inode: '21000' },
    {
      localPort: 22,
      remoteAddress: '203.0.113.77',
      remotePort: 54321,
      state: '01',
      inode: '21042',
    },
  ])
})

test.runIf(endianness() === 'LE')('an IPv4 peer of an IPv6 socket is read as IPv4', () => {
  const mapped = '0000000000000000FFFF00004D7100CB'
  const six = 'B80D0120000000000000000007000000'
  const text = `${HEADER}
   0: 0000000000000000FFFF00000500000A:0016 ${mapped}:D431 01 00000000:00000000 02:000A7D6C 00000000 0 0 7 2
   1: ${six}:0016 ${six}:D431 01 00000000:00000000 02:000A7D6C 00000000 0 0 8 2
`
  expect(readTcpTable(text).map(({ remoteAddress }) => remoteAddress)).toEqual([
    '203.0.113.77',
    '2001:db8::7',
  ])
})
