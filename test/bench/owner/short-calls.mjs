/** Many short connections, each by a `curl` of its own, and the truth about them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'

const AT_ONCE = 2
/** Every second call is made by another user, `nobody`, whom the caller becomes on the way. */
const OTHER_USER = 65534

/**
 * Makes the calls on loopback.
 *
 * Gives the seconds they took and for each the two ends as a flow has them, with the process that truly had
 * it: `curl` at the originator's (what goes out), this one at the responder's (what comes in).
 */
export async function makeShortCalls(calls) {
  const server = createServer((request, response) => response.end(`${request.socket.remotePort}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const startedAt = performance.now()
  const truths = []
  let left = calls
  const work = async () => {
    while ((left -= 1) >= 0) truths.push(await call(port, left % 2 === 0 ? 0 : OTHER_USER))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const seconds = (performance.now() - startedAt) / 1000
  server.close()
  return { seconds, truths }
}

async function call(port, uid) {
  const startUs = Date.now() * 1000
  const options = { uid, stdio: ['ignore', 'pipe', 'ignore'] }
  const child = spawn('/usr/bin/curl', ['-s', `http://127.0.0.1:${port}/`], options)
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  await once(child, 'close')
  const when = { startUs, endUs: Date.now() * 1000 }
  const addresses = { protocol: 6, localAddress: '127.0.0.1', remoteAddress: '127.0.0.1' }
  const outgoing = { ...addresses, localPort: Number(said), remotePort: port, isOriginator: true }
  const incoming = { ...addresses, localPort: port, remotePort: Number(said), isOriginator: false }
  return {
    outgoing: { end: { ...outgoing, ...when }, pid: child.pid, uid },
    incoming: { end: { ...incoming, ...when }, pid: process.pid, uid: process.getuid() },
  }
}
