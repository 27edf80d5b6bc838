/**
 * Makes the stream and appends a line to a file for each message that it holds; reading them would cost the machine
 * more than sending them.
 *
 * Usage: `node nats-count.mjs HOST PORT FILE`; says `ready` once the stream is there.
 */
import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

const LOOK_MS = 10

const [host, port, output] = process.argv.slice(2)
// It only counts, whatever certificate the server shows.
const connection = await connect({
  servers: `${host}:${port}`,
  tls: { rejectUnauthorized: false },
})
const { streams } = await jetstreamManager(connection)
await streams.add({ name: 'picket', subjects: ['picket.>'], storage: 'file' })
process.stdout.write('ready\n')
for (let counted = 0; ; await pause(LOOK_MS)) {
  const { messages } = (await streams.info('picket')).state
  if (messages > counted) appendFileSync(output, '\n'.repeat(messages - counted))
  counted = messages
}
