import { createServer } from 'node:net'
import { once } from 'node:events'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SyslogSinkConfig } from '../../../../src/forward/sinks/syslog/config.ts'
import type { Forwarders } from '../../../../src/forward/index.ts'
import { until } from '../../../support/await-until.ts'
import { makeAuthority, type Authority, type Certificate } from '../../../support/certificates.ts'
import { cefOf, forwarding } from '../../../support/delivery/forwarding.ts'
import { openedRecord, stories, temporaryFolder } from '../../../support/record.ts'
import { startRsyslog, type Rsyslog } from '../../../support/delivery/syslog/rsyslog.ts'

const forward = { forward: true }

interface Keys {
  readonly authority: Authority
  readonly stranger: Authority
  readonly collector: Certificate
  readonly misnamed: Certificate
  readonly expired: Certificate
  readonly agent: Certificate
  readonly strangers: Certificate
}
let keys: Keys

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pk-keys-'))
  const [authority, stranger] = [
    await makeAuthority(folder, 'ca'),
    await makeAuthority(folder, 'x'),
  ]
  keys = {
    authority,
    stranger,
    collector: await authority.issue('collector', 'DNS:localhost,IP:127.0.0.1'),
    misnamed: await authority.issue('misnamed', 'DNS:other.example.org'),
    expired: await authority.issue('expired', 'IP:127.0.0.1', -1),
    agent: await authority.issue('agent', 'DNS:agent'),
    strangers: await stranger.issue('strangers', 'DNS:agent'),
  }
})

/** The collector's protocol `tls`, `relp-tls`; ten events wait for it. */
async function sent(rsyslog: Rsyslog, folder: string, tls: Partial<SyslogSinkConfig['tls']>) {
  const record = await openedRecord(folder)
  await record.events.save(stories(10), forward)
  const { port } = rsyslog
  return forwarding(record, { protocol: 'tls', port, tls: { minVersion: '1.2', ...tls } })
}

const refusal = async (forwarders: Forwarders) =>
  await until('the refusal is told', () => forwarders.health()[0]?.lastError ?? null)

const arrived = async (rsyslog: Rsyslog, count: number) =>
  await until(`${count} messages`, async () => {
    const messages = await rsyslog.messages()
    return messages.length >= count ? messages : null
  })

describe('syslog over TLS to a real rsyslogd', () => {
  it('brings every event once to a collector that its authority vouches for', async () => {
    const folder = await temporaryFolder()
    const own = keys.collector
    const rsyslog = await startRsyslog({ folder, protocol: 'tls', tls: { own } })
    const forwarders = await sent(rsyslog, folder, { caFile: keys.authority.caFile })
    const messages = await arrived(rsyslog, 10)
    expect(messages.map((message) => Number(cefOf(message).extension['cn1']))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
    // It answers close_notify and FIN as it does FIN, which is what confirms that all was read.
    await forwarders.stop()
    expect(forwarders.health()).toMatchObject([{ position: 10, lastError: null }])
  })

  it.each([
    ['another authority signed it', 'collector', 'stranger', 'an authority that is not trusted'],
    ['it is for another name', 'misnamed', 'authority', 'for another name'],
    ['it has expired', 'expired', 'authority', 'has expired'],
  ] as const)(
    'sends nothing and says so where of the certificate %s',
    async (_, own, ca, words) => {
      const folder = await temporaryFolder()
      const tls = { own: keys[own] }
      const rsyslog = await startRsyslog({ folder, protocol: 'tls', tls })
      const forwarders = await sent(rsyslog, folder, { caFile: keys[ca].caFile })
      expect(await refusal(forwarders)).toContain(words)
      expect(await rsyslog.messages()).toEqual([])
      expect(forwarders.health()).toMatchObject([{ state: 'waiting', position: 0, sent: 0 }])
    },
  )

  it('shows its own certificate to a collector that asks for one', async () => {
    const folder = await temporaryFolder()
    const tls = { own: keys.collector, clients: keys.authority }
    const rsyslog = await startRsyslog({ folder, protocol: 'tls', tls })
    await sent(rsyslog, folder, { caFile: keys.authority.caFile, ...keys.agent })
    expect(await arrived(rsyslog, 10)).toHaveLength(10)
  })

  it.each([
    ['none', 'asks for a client certificate', {}],
    ['one of a stranger', 'does not trust the authority of tls.certificateFile', { strange: true }],
  ])('loses nothing to a collector that refuses it for showing %s', async (_, words, choice) => {
    const folder = await temporaryFolder()
    const tls = { own: keys.collector, clients: keys.authority }
    const rsyslog = await startRsyslog({ folder, protocol: 'tls', tls })
    const shown = 'strange' in choice ? keys.strangers : {}
    const forwarders = await sent(rsyslog, folder, { caFile: keys.authority.caFile, ...shown })
    expect(await refusal(forwarders)).toMatch(new RegExp(`${words}|refused|closed the connection`))
    expect(await rsyslog.messages()).toEqual([])
    expect(forwarders.health()).toMatchObject([{ position: 0 }])
  })

  it('never falls back to plain text where the collector speaks no TLS', async () => {
    const heard: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        heard.push(bytes)
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const record = await openedRecord(await temporaryFolder())
    await record.events.save(stories(3), forward)
    const { port } = server.address() as { port: number }
    const forwarders = forwarding(record, { protocol: 'tls', port })
    expect(await refusal(forwarders)).toContain('does not speak TLS on this port')
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('CEF')
  })
})
