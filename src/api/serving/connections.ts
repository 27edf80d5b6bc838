/** How many connections one address may hold: the rest must not go without because of it. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Closes at once, unread, what an address opens beyond its share. */
export function limitConnections(server: Server, perPeer: number): void {
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const peer = socket.remoteAddress ?? 'gone'
    const count = (open.get(peer) ?? 0) + 1
    if (count > perPeer) {
      socket.destroy()
      return
    }
    open.set(peer, count)
    socket.once('close', () => {
      const left = (open.get(peer) ?? 1) - 1
      if (left === 0) open.delete(peer)
      else open.set(peer, left)
    })
  })
}
