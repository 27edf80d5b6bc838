import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, connect, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { reasonOf, tlsOptions, type TlsConfig } from '../../../../src/forward/tls/index.ts'
import { makeAuthority, written, type Certificate } from '../../../support/certificates.ts'
import { temporaryFolder } from '../../../support/record.ts'

const told = (config: Partial<TlsConfig>) => () =>
  tlsOptions({ minVersion: '1.2', ...config }, 'siem.example.org')

describe('the files that TLS needs', () => {
  it('are told of by field, path and what is wrong with them', async () => {
    const folder = await temporaryFolder()
    const authority = await makeAuthority(folder, 'ca')
    const own = await authority.issue('own', 'DNS:agent')
    const other = await authority.issue('other', 'DNS:agent')
    const text = await written(folder, 'text.pem', 'no certificate')
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    const damaged = await written(folder, 'damaged.pem', broken)
    const locked =
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----'
    const encrypted = await written(folder, 'locked.key', locked)
    const faults: [Partial<TlsConfig>, RegExp][] = [
      [{ caFile: '/nowhere.pem' }, /tls\.caFile is \/nowhere\.pem, which cannot be read: ENOENT/],
      [{ caFile: text }, /tls\.caFile is .*text\.pem, which holds no PEM certificate/],
      [{ caFile: damaged }, /tls\.caFile is .*damaged\.pem, which holds a damaged certificate/],
      [{ certificateFile: own.certificateFile }, /tls\.keyFile is missing/],
      [{ keyFile: own.keyFile }, /tls\.certificateFile is missing/],
      [{ ...own, keyFile: other.keyFile }, /other\.key, which is not the key of .*own\.pem/],
      [{ ...own, keyFile: text }, /text\.pem, which holds no PEM private key/],
      [{ ...own, keyFile: encrypted }, /locked\.key, which is encrypted/],
    ]
    for (const [config, message] of faults) expect(told(config)).toThrow(message)
    expect(told(own)()).toMatchObject({ servername: 'siem.example.org', minVersion: 'TLSv1.2' })
  })
})

describe('a connection with these options', () => {
  it('stands with the right authority, name and fingerprint, and is refused with any wrong', async () => {
    const folder = await temporaryFolder()
    const authority = await makeAuthority(folder, 'ca')
    const { caFile } = authority
    const other = await makeAuthority(folder, 'other')
    const own = await authority.issue('own', 'DNS:siem.example.org')
    const fingerprint = fingerprintOf(own.certificateFile)
    const right = { caFile, serverName: 'siem.example.org' }
    const port = await listening(own)
    expect(await outcome(port, { ...right, fingerprint })).toBe('stands')
    expect(await outcome(port, { ...right, fingerprint: fingerprint.toLowerCase() })).toBe('stands')
    expect(await outcome(port, { ...right, serverName: 'other.example.org' })).toMatch(
      "the collector's certificate is for another name: ",
    )
    // Without serverName the address that is connected to is what the certificate must be for.
    expect(await outcome(port, { caFile })).toMatch('for another name')
    expect(await outcome(port, { ...right, caFile: other.caFile })).toMatch('not trusted')
    expect(await outcome(port, { serverName: 'siem.example.org' })).toMatch('not trusted')
    const wrong = fingerprint.replace(/^../, (first) => (first === '00' ? '01' : '00'))
    expect(await outcome(port, { ...right, fingerprint: wrong })).toMatch('not tls.fingerprint')
  })

  it('speaks no version older than it may', async () => {
    const authority = await makeAuthority(await temporaryFolder(), 'ca')
    const own = await authority.issue('own', 'IP:127.0.0.1')
    const port = await listening(own, 'TLSv1.2')
    const { caFile } = authority
    expect(await outcome(port, { caFile })).toBe('stands')
    expect(await outcome(port, { caFile, minVersion: '1.3' })).toMatch(
      'the collector speaks no version of TLS from tls.minVersion on',
    )
  })
})

const fingerprintOf = (file: string): string => {
  const { raw } = new X509Certificate(readFileSync(file))
  return createHash('sha256')
    .update(raw)
    .digest('hex')
    .toUpperCase()
    .replace(/..(?!$)/g, '$&:')
}

async function listening(own: Certificate, maxVersion?: 'TLSv1.2'): Promise<number> {
  const sockets: TLSSocket[] = []
  const server = createServer(
    {
      cert: readFileSync(own.certificateFile),
      key: readFileSync(own.keyFile),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    },
    (socket) => sockets.push(socket.resume()),
  )
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return (server.address() as { port: number }).port
}

async function outcome(port: number, config: Partial<TlsConfig>): Promise<string> {
  const options = tlsOptions({ minVersion: '1.2', ...config }, '127.0.0.1')
  const socket = connect({ host: '127.0.0.1', port, ...options })
  try {
    await once(socket, 'secureConnect')
    return 'stands'
  } catch (cause) {
    return reasonOf(cause)
  } finally {
    socket.destroy()
  }
}
