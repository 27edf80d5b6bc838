import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/record/event.ts'
import { until } from '../../support/await-until.ts'
import { makeAuthority } from '../../support/certificates.ts'
import { cefOf, forwarding } from '../../support/delivery/forwarding.ts'
import { HOSTILE_VALUES } from '../../support/delivery/hostile-values.ts'
import { openedRecord, owner, stories, temporaryFolder } from '../../support/record.ts'
import { startRsyslog } from '../../support/delivery/syslog/rsyslog.ts'
import { startSyslogNg, type SyslogNg } from '../../support/delivery/syslog/syslog-ng.ts'

const forward = { forward: true }
const forged = /203\.0\.113\.6/

/** One event for each hostile value, in all the places where the network has a say. */
const hostile = (index: number): Partial<Event> => {
  const said = HOSTILE_VALUES[index]![1]
  return {
    summary: said,
    decision: said,
    domain: said,
    interface: said.slice(0, 20),
    detectors: [said],
    reasons: [{ feature: said, value: 1, baseline: null, weight: 1 }],
    process: owner({ executable: said, command: said, user: said }),
  }
}

async function hostileRecord(folder: string) {
  const record = await openedRecord(folder)
  await record.events.save(stories(HOSTILE_VALUES.length, hostile), forward)
  return record
}

const arrived = async <Message>(messages: () => Promise<readonly Message[]>) =>
  await until('every message is there', async () => {
    const there = await messages()
    return there.length >= HOSTILE_VALUES.length ? there : null
  })

/** No field but those that quote the network may hold what the network said. */
function expectNothingForged(extension: Readonly<Record<string, unknown>>): void {
  expect(extension).toMatchObject({ src: '192.0.2.7', dst: '10.0.0.5', cnt: '1204', act: 'alert' })
  const quoting =
    /^(msg|cs2|cs3|cs5|destinationDnsDomain|deviceInboundInterface|dproc|duser|sproc|suser)$/
  for (const [key, value] of Object.entries(extension)) {
    if (!quoting.test(key)) expect(`${key}=${String(value)}`).not.toMatch(forged)
  }
}

describe('what an attacker typed', () => {
  it.each(['octet-counted', 'newline'] as const)(
    'becomes no field and no message for our strict parser, framed by %s',
    async (framing) => {
      const folder = await temporaryFolder()
      const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
      forwarding(await hostileRecord(folder), { port: rsyslog.port, framing })
      const messages = await arrived(rsyslog.messages)
      expect(messages).toHaveLength(HOSTILE_VALUES.length)
      for (const message of messages) expectNothingForged(cefOf(message).extension)
    },
  )

  it.each(['rfc5424', 'rfc3164'] as const)(
    'becomes no field for liblognorm, behind the header of %s',
    async (header) => {
      const folder = await temporaryFolder()
      const rulebase = join(folder, 'cef.rulebase')
      // liblognorm wants CEF at the very beginning; rsyslog leaves the byte order mark where it is.
      await writeFile(rulebase, 'version=2\nrule=:%.:cef%\nrule=:\ufeff%.:cef%\n')
      const text = header === 'rfc5424' ? '$msg' : '$syslogtag & $msg'
      const before = `set $.text = ${text}; action(type="mmnormalize" rulebase="${rulebase}" variable="$.text")`
      const modules = 'module(load="mmnormalize")'
      const told = { folder, protocol: 'tcp', before, modules, template: '%$!%\\n' } as const
      const rsyslog = await startRsyslog(told)
      forwarding(await hostileRecord(folder), { port: rsyslog.port, header })
      const messages = await arrived(rsyslog.messages)
      expect(messages).toHaveLength(HOSTILE_VALUES.length)
      for (const message of messages) expectNothingForged(extensionsOf(message))
    },
  )

  it('becomes no structured data for syslog-ng', async () => {
    const folder = await temporaryFolder()
    const syslogNg = await startSyslogNg(folder)
    forwarding(await hostileRecord(folder), { port: syslogNg.port })
    const messages = await arrived(syslogNg.messages)
    expect(messages).toHaveLength(HOSTILE_VALUES.length)
    for (const { MESSAGE, _SDATA } of messages) {
      expect(Object.keys(_SDATA!).sort()).toEqual(['origin', 'picket@32473'])
      expect(JSON.stringify(_SDATA)).not.toMatch(forged)
      expectNothingForged(cefOf(MESSAGE).extension)
    }
  })
})

/** liblognorm 2.0.6 takes the first byte of the extension for a space: that key is without it. */
function extensionsOf(json: string): Readonly<Record<string, unknown>> {
  const { DeviceVendor, SignatureID, Extensions } = JSON.parse(json) as Record<string, unknown>
  expect([DeviceVendor, SignatureID]).toEqual(['Picket', 'scan.vertical.syn'])
  const extensions = Extensions as Record<string, unknown>
  expect(extensions['xternalId']).toMatch(/^[0-9a-f-]{36}$/)
  return extensions
}

describe('syslog-ng', () => {
  const understood = async (syslogNg: SyslogNg) =>
    await until('ten messages', async () => {
      const messages = await syslogNg.messages()
      return messages.length >= 10 ? messages : null
    })

  it('understands header, structured data and CEF over TLS', async () => {
    const folder = await temporaryFolder()
    const authority = await makeAuthority(folder, 'ca')
    const syslogNg = await startSyslogNg(folder, await authority.issue('own', 'IP:127.0.0.1'))
    const record = await openedRecord(folder)
    const saved = await record.events.save(
      stories(10, () => ({ summary: 'größer' })),
      forward,
    )
    const tls = { minVersion: '1.3', caFile: authority.caFile } as const
    forwarding(record, { protocol: 'tls', port: syslogNg.port, tls })
    const messages = await understood(syslogNg)
    expect(messages.map(({ _SDATA }) => _SDATA?.['picket@32473']?.['id'])).toEqual(
      saved.map(({ id }) => id),
    )
    const [first] = messages
    expect(first).toMatchObject({ PROGRAM: 'picket', FACILITY: 'authpriv', PRIORITY: 'warning' })
    expect(first?.MSGID).toBe('scan.vertical.syn')
    expect(cefOf(first!.MESSAGE).extension['msg']).toBe('größer')
  })

  it('gets every event over a unix socket, ended by newlines', async () => {
    const folder = await temporaryFolder()
    const syslogNg = await startSyslogNg(folder)
    const record = await openedRecord(folder)
    await record.events.save(stories(10), forward)
    forwarding(record, { protocol: 'unix', path: syslogNg.socket })
    const messages = await understood(syslogNg)
    expect(messages.map(({ MESSAGE }) => cefOf(MESSAGE).extension['cn1'])).toEqual(
      '1 2 3 4 5 6 7 8 9 10'.split(' '),
    )
  })
})

describe('a datagram socket such as /dev/log', () => {
  it('takes every event, also more than fit its queue, and those that wait while nobody listens', async () => {
    const folder = await temporaryFolder()
    const rsyslog = await startRsyslog({ folder, protocol: 'unix' })
    await rsyslog.kill()
    const record = await openedRecord(folder)
    await record.events.save(stories(300), forward)
    const path = join(folder, 'log.sock')
    const forwarders = forwarding(record, { protocol: 'unix-datagram', path })
    const refusal = await until('it is told', () => forwarders.health()[0]?.lastError ?? null)
    expect(refusal).toBe(`${path}: no daemon listens there (ECONNREFUSED)`)
    await rsyslog.start()
    const messages = await until('all are there', async () => {
      const there = await rsyslog.messages()
      return there.length >= 300 ? there : null
    })
    expect(messages.map((message) => Number(cefOf(message).extension['cn1']))).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
  })
})
