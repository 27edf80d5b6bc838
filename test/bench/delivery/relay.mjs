/**
 * Stands between a sink and its server, and brings back what the server says only after a while.
 *
 * Usage: `node relay.mjs HOST LISTEN-PORT SERVER-PORT DELAY-MS`.
 */
import { connect, createServer } from 'node:net'

const [host, listenPort, serverPort, delay] = process.argv.slice(2)
const later = (work) => setTimeout(work, Number(delay))

createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ host, port: Number(serverPort), allowHalfOpen: true })
  client.on('error', () => server.destroy())
  server.on('error', () => later(() => client.destroy()))
  client.pipe(server)
  server.on('data', (bytes) => later(() => client.writable && client.write(bytes)))
  server.on('end', () => later(() => client.end()))
  server.on('close', () => later(() => client.destroy()))
}).listen(Number(listenPort), host, () => process.stdout.write('ready\n'))
