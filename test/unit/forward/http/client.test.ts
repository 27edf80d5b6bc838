import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpClient } from '../../../../src/forward/http/client.ts'
import { reasonOf } from '../../../../src/forward/tls/index.ts'
import { makeAuthority } from '../../../support/certificates.ts'
import { temporaryFolder } from '../../../support/record.ts'

const question = { method: 'POST', path: '/x', headers: {}, body: 'hello' } as const
const limits = { connectTimeoutMs: 300, writeTimeoutMs: 300, idleTimeoutMs: 10_000 }

/** A server that does with each connection what the test says. */
async function serving(serve: (socket: Socket, index: number) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serve(socket, sockets.push(socket) - 1)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

function clientOf(url: string): HttpClient {
  const client = new HttpClient({ url, tls: { minVersion: '1.2' }, limits })
  onTestFinished(() => client.close())
  return client
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('HttpClient', () => {
  it('keeps its connection, and asks once more when that turns out to be dead', async () => {
    let answers = 0
    const url = await serving((socket, index) => {
      socket.on('data', () => {
        answers += 1
        // The second question on the first connection finds it dead.
        if (index === 0 && answers === 2) socket.destroy()
        else socket.write(OK)
      })
    })
    const client = clientOf(url)
    expect(await client.ask(question)).toMatchObject({ status: 200, text: 'ok' })
    expect(await client.ask(question)).toMatchObject({ status: 200, text: 'ok' })
    expect(answers).toBe(3)
  })

  it.each([
    ['says nothing', '', /no answer from 127\.0\.0\.1:\d+ within 300 ms/],
    [
      'begins an answer and says no more',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf',
      /within 300 ms/,
    ],
    [
      'switches to another protocol unasked',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'the collector closed the connection unanswered',
    ],
    ['says what is no HTTP', '220 mail.example.org ESMTP\r\n', /Parse Error/],
  ])('gives a server up that %s', async (_, answer, words) => {
    const url = await serving((socket) => socket.on('data', () => socket.write(answer)))
    await expect(clientOf(url).ask(question)).rejects.toThrow(words)
  })

  it('tells in words that a server speaks no TLS but what is too old', async () => {
    const folder = await temporaryFolder()
    const { issue, caFile } = await makeAuthority(folder, 'Operations')
    const { certificateFile, keyFile } = await issue('old', 'IP:127.0.0.1')
    const server = createTlsServer({
      ...{ cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
      ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `https://127.0.0.1:${(server.address() as { port: number }).port}`
    const client = new HttpClient({ url, tls: { minVersion: '1.2', caFile }, limits })
    onTestFinished(() => client.close())
    const refusal = await client.ask(question).catch(reasonOf)
    expect(refusal).toBe(
      'the collector speaks no version of TLS from tls.minVersion on: SSL routines:ssl3_read_bytes:tlsv1 alert protocol version',
    )
  })

  it('ends what is under way when it is closed', async () => {
    const url = await serving(() => undefined)
    const client = clientOf(url)
    const asked = client.ask(question)
    client.close()
    await expect(asked).rejects.toThrow()
  })

  it('reads how long a busy server wants to be left alone, five minutes at most', async () => {
    const busy = (seconds: string) =>
      `HTTP/1.1 503 Busy\r\nretry-after: ${seconds}\r\ncontent-length: 0\r\n\r\n`
    for (const [seconds, ms] of [
      ['7', 7000],
      ['99999', 300_000],
      ['soon', null],
    ] as const) {
      const url = await serving((socket) => socket.on('data', () => socket.write(busy(seconds))))
      expect(await clientOf(url).ask(question)).toMatchObject({ status: 503, retryAfterMs: ms })
    }
  })
})
