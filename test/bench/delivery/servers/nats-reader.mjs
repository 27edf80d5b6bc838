/**
 * Makes the stream and writes the sequence of every message in it to a file, a line each, over restarts of the server.
 *
 * Usage: `node nats-reader.mjs HOST PORT FILE`; says `ready` once the stream is there.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

/** Read ahead, so that reading is not what a measurement of writing measures. */
const AHEAD = 5000

const [host, port, output] = process.argv.slice(2)
const servers = `${host}:${port}`
// It only counts, whatever certificate the server shows.
const tls = { rejectUnauthorized: false }
const options = { waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 200 }
const connection = await connect({ servers, tls, ...options })
const { streams } = await jetstreamManager(connection)
await streams.add({ name: 'picket', subjects: ['picket.>'], storage: 'file' })
process.stdout.write('ready\n')
const file = openSync(output, 'a')
let kept = []
let last = 0
for (;;) {
  try {
    const from = { opt_start_seq: last + 1 }
    const consumer = await jetstream(connection).consumers.get('picket', from)
    for await (const message of await consumer.consume({ max_messages: AHEAD })) keep(message)
  } catch {
    // The server is away; the connection comes back by itself.
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function keep(message) {
  if (message.seq <= last) return
  last = message.seq
  if (kept.length === 0) setImmediate(write)
  kept.push(`${message.json().event.sequence}\n`)
}

function write() {
  writeSync(file, kept.join(''))
  kept = []
}

process.on('exit', () => {
  write()
  closeSync(file)
})
