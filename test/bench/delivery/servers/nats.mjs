/** A real nats-server with a JetStream stream, and a reader beside it that writes down what the stream holds. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from './process.mjs'

const program = (name) => new URL(name, import.meta.url).pathname

/** Starts nats-server in the place, which demands TLS, and the reader: a program that is told host, port and file. */
export async function startNats(place, port, reader = program('nats-reader.mjs')) {
  const configuration = join(place.folder, 'nats.conf')
  const output = join(place.folder, 'received')
  writeFileSync(configuration, configurationFor(place, port))
  const run = (path, ...args) =>
    place.startServer([process.execPath, path, place.siem, String(port), ...args])
  const server = await startProcess(place, {
    output,
    numberIn: /^(\d+)$/gm,
    command: () => ['nats-server', '-c', configuration],
    ready: () => once(run(program('nats-greeting.mjs')), 'exit'),
  })
  await once(run(reader, output).stdout, 'data')
  return Object.assign(server, { isCountedLate: true })
}

function configurationFor({ folder, siem, keys }, port) {
  const { certificateFile, keyFile } = keys
  return `
listen: "${siem}:${port}"
jetstream { store_dir: "${join(folder, 'store')}" }
# Its own 2 s for a handshake would be over before its greeting has come through the relay.
tls { cert_file: "${certificateFile}", key_file: "${keyFile}", timeout: 30 }
`
}
