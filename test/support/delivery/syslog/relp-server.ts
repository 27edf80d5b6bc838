/** A RELP server that answers as a test tells it to, the specification's way or another. */
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { FrameReader, type Frame } from '../../../../src/forward/sinks/relp/frame.ts'

export interface RelpServer {
  readonly port: number
  /** Every frame that came, of all connections. */
  readonly frames: readonly Frame[]
  /** The most messages that were without an answer at once. */
  mostUnanswered(): number
  connections(): number
}

/** Answers a frame by writing to the socket; returns how many messages that answered. */
export type Answer = (frame: Frame, socket: Socket, index: number) => number

export const AGREED = '200 OK\nrelp_version=0\nrelp_software=test\ncommands=syslog'

/** Writes one answer as the protocol has it. */
export function respond(socket: Socket, transaction: number, data: string): void {
  socket.write(`${transaction} rsp ${Buffer.byteLength(data)} ${data}\n`)
}

/** Agrees to every session, and leaves the messages to `answer`. */
export async function startRelpServer(answer: Answer, agreed = AGREED): Promise<RelpServer> {
  const frames: Frame[] = []
  const sockets = new Set<Socket>()
  const counts = { messages: 0, most: 0, connections: 0 }
  const server = createServer((socket) => {
    sockets.add(socket)
    counts.connections += 1
    const reader = new FrameReader()
    let unanswered = 0
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      for (const frame of reader.push(bytes)) {
        frames.push(frame)
        if (frame.command === 'open') respond(socket, frame.transaction, agreed)
        if (frame.command !== 'syslog') continue
        unanswered += 1
        counts.most = Math.max(counts.most, unanswered)
        unanswered -= answer(frame, socket, (counts.messages += 1))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return {
    port: (server.address() as { port: number }).port,
    frames,
    mostUnanswered: () => counts.most,
    connections: () => counts.connections,
  }
}
