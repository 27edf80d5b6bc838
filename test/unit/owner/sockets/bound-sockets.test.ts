import { expect, it } from 'vitest'
import type { Endpoint } from '../../../../src/owner/owner-source.ts'
import { BoundSockets } from '../../../../src/owner/sockets/bound-sockets.ts'

const bound = (localAddress: string, inode: number, sinceUs = 0) => ({
  row: {
    ...{ localAddress, localPort: 22, remoteAddress: '0.0.0.0', remotePort: 0 },
    ...{ isListening: true, uid: inode, inode },
  },
  ...{ protocol: 6, sinceUs, untilUs: Infinity, process: null },
})

const at = (localAddress: string, isHeard: boolean): Endpoint => ({
  ...{ protocol: 6, localAddress, localPort: 22, remoteAddress: '192.0.2.7', remotePort: 40_000 },
  ...{ isOriginator: false, startUs: 5e6, endUs: 6e6, isHeard },
})

it('gives what is merely forwarded to no socket for all addresses', () => {
  const sockets = new BoundSockets(100)
  sockets.add(bound('0.0.0.0', 1))
  sockets.add(bound('::', 2))
  sockets.add(bound('10.0.0.9', 3))
  expect(sockets.find(at('10.0.0.5', true))).toMatchObject({ how: 'listener', uid: 1 })
  expect(sockets.find(at('10.0.0.9', false))).toMatchObject({ uid: 3 })
  expect(sockets.find(at('198.51.100.1', false))).toBeNull()
})

it('gives IPv6 to no socket for IPv4, and IPv4 to one for both', () => {
  const sockets = new BoundSockets(100)
  sockets.add(bound('0.0.0.0', 1))
  expect(sockets.find(at('2001:db8::5', true))).toBeNull()
  sockets.add(bound('::', 2))
  expect(sockets.find(at('2001:db8::5', true))).toMatchObject({ uid: 2 })
  expect(sockets.find(at('10.0.0.5', true))).toMatchObject({ uid: 1 })
  const onlyBoth = new BoundSockets(100)
  onlyBoth.add(bound('::', 3))
  expect(onlyBoth.find(at('10.0.0.5', true))).toMatchObject({ uid: 3 })
})

it('forgets what is gone sooner where it is much, and nothing that is there', () => {
  const sockets = new BoundSockets(100)
  const nowUs = 1000e6
  for (let inode = 0; inode < 300; inode += 1) {
    sockets.add({ ...bound('10.0.0.9', inode), untilUs: nowUs - inode * 1e6 })
  }
  sockets.add(bound('10.0.0.5', 1000))
  sockets.prune(nowUs)
  expect(sockets.size).toBe(62)
  expect(sockets.find(at('10.0.0.5', true))).toMatchObject({ uid: 1000 })
})
