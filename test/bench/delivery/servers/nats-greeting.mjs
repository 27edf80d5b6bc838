/** Waits until a NATS server speaks: then JetStream is ready too. Usage: `node nats-greeting.mjs HOST PORT`. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const [host, port] = process.argv.slice(2)
for (;;) {
  const socket = connect({ host, port: Number(port) })
  try {
    await once(socket, 'data')
    process.exit(0)
  } catch {
    await pause(50)
  } finally {
    socket.destroy()
  }
}
