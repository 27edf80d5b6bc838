/** A real nats-server with JetStream on loopback, with its own configuration and folder. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'
import { onTestFinished } from 'vitest'
import { until } from '../../await-until.ts'
import type { Certificate } from '../../certificates.ts'
import { freePort } from '../../hosts/free-port.ts'

export interface NatsServer {
  readonly port: number
  /** Makes a stream that takes the subjects. */
  makeStream(name: string, subjects: readonly string[], more?: object): Promise<void>
  /** Everything a stream holds, in order. */
  messages(name: string): Promise<StoredMessage[]>
  /** How many messages it holds. */
  count(name: string): Promise<number>
  /** Ends it as a crash would. */
  kill(): Promise<void>
  start(): Promise<void>
}

export interface StoredMessage {
  readonly subject: string
  readonly id: string
  readonly document: { readonly event: { readonly id: string; readonly sequence: number } }
}

export interface NatsOptions {
  readonly folder: string
  readonly certificate?: Certificate
  readonly clientCa?: string
  /** The `authorization` block of its configuration. */
  readonly authorization?: string
  /** Further lines of its configuration. */
  readonly more?: string
  /** How the test itself gets in. */
  readonly own?: ConnectionOptions
}

export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const port = await freePort()
  const file = join(options.folder, 'nats.conf')
  await writeFile(file, configuration(options, port))
  let child: ChildProcess | null = null
  const kill = async (): Promise<void> => {
    if (child === null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    child = null
  }
  const start = async (): Promise<void> => {
    child = spawn('nats-server', ['-c', file], { stdio: 'ignore' })
    await until('nats-server listens', () => greets(port), { everyMs: 20 })
  }
  onTestFinished(kill)
  await start()
  const asked = async <Answer>(ask: (connection: NatsConnection) => Promise<Answer>) => {
    const connection = await connect({ servers: `127.0.0.1:${port}`, ...options.own })
    return await ask(connection).finally(() => connection.close())
  }
  return {
    port,
    kill,
    start,
    makeStream: (name, subjects, more = {}) =>
      asked(async (connection) => {
        const { streams } = await jetstreamManager(connection)
        await streams.add({ name, subjects: [...subjects], ...more })
      }),
    count: (name) =>
      asked(async (connection) => {
        const { streams } = await jetstreamManager(connection)
        return (await streams.info(name)).state.messages
      }),
    messages: (name) => asked((connection) => allMessages(connection, name)),
  }
}

async function allMessages(connection: NatsConnection, name: string): Promise<StoredMessage[]> {
  const { streams } = await jetstreamManager(connection)
  const { messages: count } = (await streams.info(name)).state
  if (count === 0) return []
  const consumer = await jetstream(connection).consumers.get(name, {})
  const found: StoredMessage[] = []
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    found.push({
      subject: message.subject,
      id: message.headers?.get('Nats-Msg-Id') ?? '',
      document: message.json(),
    })
    if (found.length === count) break
  }
  return found
}

function configuration(
  { folder, certificate, clientCa, authorization, more = '' }: NatsOptions,
  port: number,
) {
  const verify = clientCa === undefined ? '' : `, ca_file: "${clientCa}", verify: true`
  const tls =
    certificate === undefined
      ? ''
      : `tls { cert_file: "${certificate.certificateFile}", key_file: "${certificate.keyFile}"${verify} }`
  return `
listen: "127.0.0.1:${port}"
jetstream { store_dir: "${join(folder, 'store')}" }
${authorization === undefined ? '' : `authorization { ${authorization} }`}
${tls}
${more}
`
}

/** The server speaks first; once it does, JetStream is ready too. */
async function greets(port: number): Promise<true | null> {
  const socket = connectSocket(port, '127.0.0.1')
  try {
    await once(socket, 'data')
    return true
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}
