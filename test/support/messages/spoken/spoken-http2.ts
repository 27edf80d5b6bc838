/** What a real HTTP/2 client and server say to each other in the clear, write by write. */
import { once } from 'node:events'
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type SessionOptions,
} from 'node:http2'
import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Said } from './spoken-flow.ts'

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/** Lets a client speak with a server on loopback; gives every chunk either sent, in the order in which it passed. */
export async function spokenHttp2(
  ask: (session: ClientHttp2Session) => Promise<void>,
  answer: Answer,
  options: SessionOptions = {},
): Promise<Said[]> {
  const said: Said[] = []
  const server = createServer(options).on('stream', answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connectSocket(port, '127.0.0.1')
  await once(socket, 'connect')
  const recorded = recording(socket, said)
  const session = connect(`http://127.0.0.1:${port}`, {
    ...options,
    createConnection: () => recorded,
  })
  await ask(session)
  session.close()
  await once(session, 'close')
  socket.destroy()
  server.close()
  return said
}

/** A socket that notes what passes. */
function recording(socket: Socket, said: Said[]): Duplex {
  const recorded = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      said.push(['>', new Uint8Array(chunk)])
      socket.write(chunk, done)
    },
    final: (done) => socket.end(done),
  })
  socket.on('data', (chunk: Buffer) => {
    said.push(['<', new Uint8Array(chunk)])
    recorded.push(chunk)
  })
  socket.on('end', () => recorded.push(null))
  return recorded
}

/** Sends a request and reads its answer to the end. */
export async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<void> {
  const stream = session.request(headers)
  stream.end(body)
  stream.resume()
  await once(stream, 'close')
}
