/** TLS of the API: whose certificate it shows, whom it believes, and what it refuses to begin with. */
import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { listen, type ApiApp, type ApiListener } from '../../../src/api/index.ts'
import { PicketError } from '../../../src/core/errors.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { API_DEFAULTS, servedApi } from '../../support/api/api-server.ts'
import { makeAuthority } from '../../support/certificates.ts'
import { temporaryFolder } from '../../support/record.ts'

const anyApp = { fetch: () => new Response('here') } as unknown as ApiApp
const TLS = { ...API_DEFAULTS.tls, enabled: true }

async function listening(folder: string, tls: Partial<typeof TLS> = {}): Promise<ApiListener> {
  const config = { ...API_DEFAULTS, tls: { ...TLS, ...tls } }
  const socketPath = join(folder, 'picket.sock')
  const listener = await listen(anyApp, { config, socketPath, log: silentLog })
  onTestFinished(() => listener.close())
  return listener
}

interface Asked {
  readonly status: number
  readonly fingerprint: string
  readonly body: string
}

/** Asks over TLS; rejects when the server's certificate is not believed. */
function ask(url: string, options: object): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, ...options }, (response) => {
      const socket = response.socket as unknown as ReturnType<typeof connect>
      const fingerprint = socket.getPeerCertificate().fingerprint256
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode!, fingerprint, body }))
    })
    sent.on('error', reject).end()
  })
}

test('without a certificate of the operator the agent makes one, for good, that is told by its fingerprint', async () => {
  const folder = await temporaryFolder()
  const first = await listening(folder)
  const own = readFileSync(join(folder, 'api-certificate.pem'), 'utf8')
  expect(statSync(join(folder, 'api-certificate.pem')).mode & 0o777).toBe(0o600)
  expect(first.url).toMatch(/^https:/)
  const answer = await ask(first.url!, { ca: own })
  expect(answer).toMatchObject({ status: 200, body: 'here', fingerprint: first.fingerprint })
  await expect(ask(first.url!, {})).rejects.toThrow(/self.signed/)
  await first.close()
  expect((await listening(folder)).fingerprint).toBe(first.fingerprint)
})

test("the operator's certificate is shown where there is one", async () => {
  const folder = await temporaryFolder()
  const ca = await makeAuthority(folder, 'Operations')
  const { certificateFile, keyFile } = await ca.issue('host', 'IP:127.0.0.1')
  const { url } = await listening(folder, { certificate: certificateFile, key: keyFile })
  expect((await ask(url!, { ca: readFileSync(ca.caFile) })).body).toBe('here')
})

test('TLS before 1.2 is not spoken, nor HTTP without TLS', async () => {
  const { url } = await listening(await temporaryFolder())
  const port = Number(new URL(url!).port)
  const old = connect({ port, rejectUnauthorized: false, maxVersion: 'TLSv1.1' })
  await expect(
    new Promise((resolve, reject) => old.on('secureConnect', resolve).on('error', reject)),
  ).rejects.toThrow()
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})

test('a client certificate of the authority is a caller with the scopes of its name', async () => {
  const folder = await temporaryFolder()
  const ca = await makeAuthority(folder, 'Operations')
  const tls = {
    ...TLS,
    clientCa: ca.caFile,
    clients: [{ name: 'soar', scopes: ['block' as const] }],
  }
  const api = await servedApi({ config: { tls } })
  const other = await makeAuthority(await temporaryFolder(), 'Somebody else')
  const signedBy = async ({ issue }: typeof ca, name: string) => {
    const { certificateFile, keyFile } = await issue(name, 'IP:127.0.0.1')
    return { certificate: readFileSync(certificateFile), key: readFileSync(keyFile) }
  }
  const soar = await signedBy(ca, 'soar')
  const stranger = await signedBy(ca, 'stranger')
  const forged = await signedBy(other, 'soar')
  const post = async ({ certificate, key }: typeof soar, body: object) => {
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' } }
    return new Promise<number>((resolve, reject) => {
      const sent = request(
        `${api.url}/v1/blocks`,
        { ...asked, agent: false, rejectUnauthorized: false, cert: certificate, key },
        (response) => resolve(response.resume().statusCode!),
      )
      sent.on('error', reject).end(JSON.stringify(body))
    })
  }
  expect(await post(soar, { target: '192.0.2.7' })).toBe(201)
  expect(api.record.blocks.standing()).toMatchObject([
    { source: 'api', orderedBy: 'certificate:soar' },
  ])
  expect(await post(stranger, { target: '192.0.2.8' })).toBe(401)
  expect(await post(forged, { target: '192.0.2.9' })).toBe(401)
  const reading = await ask(`${api.url}/v1/events`, {
    rejectUnauthorized: false,
    cert: soar.certificate,
    key: soar.key,
  })
  expect(reading.status).toBe(403)
  expect(api.record.blocks.standing()).toHaveLength(1)
})

test.each([
  ['a key is missing', { certificate: '/nowhere.crt' }, /api\.tls\.key is missing/],
  [
    'a file is missing',
    { certificate: '/nowhere.crt', key: '/nowhere.key' },
    /cannot read \/nowhere\.crt: ENOENT/,
  ],
  ['a file is no certificate', { certificate: 'README.md', key: 'README.md' }, /do not work/],
])('when %s it is told before anything listens', async (_, tls, message) => {
  const error: unknown = await listening(await temporaryFolder(), tls).catch(
    (reason: unknown) => reason,
  )
  if (!(error instanceof PicketError)) throw new Error('it was not refused')
  expect(error.code).toBe('ERR_API_LISTEN')
  expect(error.message).toMatch(message)
  expect(error.hint).toBeDefined()
})
