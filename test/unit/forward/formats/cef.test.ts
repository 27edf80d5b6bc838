import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAMILIES } from '../../../../src/detect/detection.ts'
import { formatCef } from '../../../../src/forward/formats/cef.ts'
import { CEF_NAMES, cefName } from '../../../../src/forward/formats/cef-names.ts'
import type { Event } from '../../../../src/record/event.ts'
import { parseCef } from '../../../support/delivery/cef-parser.ts'
import { eventOfEachKind } from '../../../support/detection/event-kinds.ts'
import { event, owner } from '../../../support/record.ts'
import { projectFolder } from '../../../support/source-files.ts'

const context = { version: '0.1.0', hostname: 'web-1.example.org', cefVersion: '0' } as const
const parsed = (changes: Partial<Event>) => parseCef(formatCef(event(changes), context, 65_000))

describe('a line of CEF', () => {
  it.each(eventOfEachKind().map((told) => [told.kind, told] as const))(
    'of %s is as its golden file says, and as the dictionary demands',
    async (kind, told) => {
      const line = formatCef(told, context, 8192)
      expect(parseCef(line)).toMatchObject({ signatureId: kind, extension: { cn1: '7' } })
      const file = join(projectFolder, `test/data/cef/${kind}.cef`)
      await expect(`${line}\n`).toMatchFileSnapshot(file)
    },
  )
})

describe('formatCef', () => {
  it('writes header and extension as the SIEM expects them', () => {
    const id = '019b8d2a-0000-7000-8000-000000000001'
    const line = formatCef(event({ id, sequence: 7, revision: 2 }), context, 8192)
    expect(line).toBe(
      'CEF:0|Picket|Picket|0.1.0|scan.vertical.syn|Vertical port scan|6|' +
        `externalId=${id} rt=1767607208000 start=1767607200000 end=1767607208000 ` +
        'src=192.0.2.7 dst=10.0.0.5 cnt=1204 act=alert cat=scan ' +
        'deviceExternalId=019b8d2a-0000-7000-8000-00000000000a dvchost=web-1.example.org ' +
        'cn1=7 cn1Label=sequence cn2=2 cn2Label=revision cn3=0 cn3Label=simulated ' +
        'cfp1=0.97 cfp1Label=confidence deviceInboundInterface=eth0 ' +
        'cs1=T1046 cs1Label=mitre cs2=port-scan cs2Label=detectors ' +
        'cs3=policy only alerts cs3Label=decision cs4=10.0.0.5 cs4Label=victims ' +
        'cs5=distinctPorts60s 1204 (usual 2) cs5Label=reasons ' +
        'cs6=1:LQU9qZlK+B5F3KDmev6m5PMibrg\\= cs6Label=flows ' +
        'msg=1,204 ports of 10.0.0.5 tried in 8 s',
    )
    expect(parseCef(line).extension['cs6']).toBe('1:LQU9qZlK+B5F3KDmev6m5PMibrg=')
  })

  it('puts IPv6 under the custom address keys with their labels', () => {
    const { extension } = parsed({ attacker: '2001:db8::7', victims: ['fe80::5', '10.0.0.5'] })
    expect(extension).toMatchObject({ c6a2: '2001:db8::7', c6a3: 'fe80::5' })
    expect(extension).not.toHaveProperty('src')
    expect(extension).not.toHaveProperty('dst')
  })

  it('puts IPv6 under src and dst in version 1 of the format', () => {
    const told = event({ attacker: '2001:db8::7', victims: ['fe80::5'] })
    const line = formatCef(told, { ...context, cefVersion: '1' }, 8192)
    expect(line).toMatch(/^CEF:1\|Picket\|Picket\|.* src=2001:db8::7 dst=fe80::5 /)
    expect(line).toContain(' frameworkName=MITRE ATT&CK threatAttackID=T1046 ')
    expect(parseCef(line).extension).not.toHaveProperty('c6a2')
  })

  it('puts hardware addresses under the keys that are meant for them', () => {
    const { extension } = parsed({ attacker: '02:00:00:00:00:07', victims: ['02:00:00:00:00:08'] })
    expect(extension).toMatchObject({ smac: '02:00:00:00:00:07', dmac: '02:00:00:00:00:08' })
    expect(extension).not.toHaveProperty('src')
  })

  it('names nobody where nobody can be named', () => {
    const { extension } = parsed({ attacker: null, victims: [], domain: null, interface: null })
    for (const key of ['src', 'dst', 'c6a2', 'c6a3', 'shost', 'cs4', 'deviceInboundInterface']) {
      expect(extension).not.toHaveProperty(key)
    }
  })

  it('names the misused host as destination and under its own label', () => {
    const { extension } = parsed({ attacker: '203.0.113.9', victims: [], host: '10.0.0.8' })
    expect(extension).toMatchObject({
      src: '203.0.113.9',
      dst: '10.0.0.8',
      flexString1: '10.0.0.8',
    })
  })

  it('leaves out a key without a value together with its label', () => {
    const { extension } = parsed({ decision: ' \n ', detectors: [''], incident: '' })
    for (const key of ['cs2', 'cs2Label', 'cs3', 'cs3Label', 'flexString2', 'flexString2Label']) {
      expect(extension).not.toHaveProperty(key)
    }
    expect(extension).toMatchObject({ cs1: 'T1046', cs1Label: 'mitre' })
  })

  it.each([
    ['an equals sign and a forged key', 'a=b src=8.8.8.8'],
    ['a backslash at the end', 'C:\\temp\\'],
    ['a backslash before n', 'C:\\new'],
    ['a bar', 'a|b'],
    ['newlines', 'first\nCEF:0|Evil|Evil|1|1|forged|10|\r\nthird'],
    ['only escapes', '\\=|\\'],
    ['other scripts', 'журнал 日志 🚨'],
  ])('carries a summary with %s unchanged', (_, summary) => {
    expect(parsed({ summary }).extension).toMatchObject({ msg: summary, src: '192.0.2.7' })
  })

  it.each([
    ['a NUL', 'a\u0000b', 'a<U+0000>b'],
    ['an escape sequence of a terminal', '\u001b[2J', '<U+001B>[2J'],
    ['line and paragraph separators', 'a\u2028b\u2029c', 'a<U+2028>b<U+2029>c'],
    ['bidirectional controls', '\u202egnp.exe\u202c', '<U+202E>gnp.exe<U+202C>'],
    ['bidirectional isolates', '\u2066x\u2069', '<U+2066>x<U+2069>'],
    ['C1 controls', 'a\u0085b\u009b', 'a<U+0085>b<U+009B>'],
    ['a zero-width space', 'pay\u200bpal', 'pay<U+200B>pal'],
    ['half a surrogate pair', 'a\ud83d', 'a<U+D83D>'],
  ])('shows %s instead of sending it', (_, summary, shown) => {
    expect(parsed({ summary }).extension['msg']).toBe(shown)
  })

  it('escapes bars and backslashes in the header, and takes line ends out of it', () => {
    const { signatureId, extension } = parsed({ kind: 'scan|10|src=8.8.8.8 \\ \r\n x' })
    expect(signatureId).toBe('scan|10|src=8.8.8.8 \\   x')
    expect(extension['src']).toBe('192.0.2.7')
  })

  it('names the process of this host at the end that is this host', () => {
    const process = { dproc: '/usr/sbin/sshd', dpid: '812', duser: 'root', duid: '0' }
    expect(parsed({ process: owner() }).extension).toMatchObject(process)
    const scanner = owner({ side: 'originator', executable: null, command: 'nmap', user: null })
    const told = parsed({ process: scanner }).extension
    expect(told).toMatchObject({ sproc: 'nmap', spid: '812' })
    expect(told).not.toHaveProperty('suser')
    const misused = parsed({ process: scanner, host: '10.0.0.5' }).extension
    expect(misused).toMatchObject({ dproc: 'nmap' })
  })

  it('stays readable whatever the network puts into an event', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    const hostile = fc.record({
      summary: text,
      decision: text,
      domain: text,
      interface: text,
      process: text.map((said) => owner({ executable: said, command: said, user: said })),
      detectors: fc.array(text, { maxLength: 3 }),
      kind: text,
    })
    fc.assert(
      fc.property(hostile, (changes) => {
        const { extension } = parsed(changes)
        expect(extension['src']).toBe('192.0.2.7')
        expect(extension['dst']).toBe('10.0.0.5')
      }),
      { numRuns: 300 },
    )
  })

  it('fits any size from 900 bytes on, leaving out flows first and the essentials never', () => {
    const long = event({
      summary: '🚨 summary '.repeat(90),
      decision: 'decision '.repeat(100),
      victims: Array.from({ length: 32 }, (_, index) => `2001:db8:1:2:3:4:5:${index}`),
      flows: Array.from({ length: 16 }, () => '1:LQU9qZlK+B5F3KDmev6m5PMibrg='),
      reasons: Array.from({ length: 12 }, (_, index) => ({
        feature: `feature${index}`.padEnd(40, 'x'),
        value: index,
        baseline: 1,
        weight: 0.1,
      })),
      incident: 'ü'.repeat(900),
    })
    const full = parseCef(formatCef(long, context, 65_000)).extension
    expect(full['cs6']).toContain('LQU9qZlK')
    for (const maxBytes of [900, 1200, 1600, 2048, 3000, 4000, 5000, 6000]) {
      const line = formatCef(long, context, maxBytes)
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes)
      const { extension } = parseCef(line)
      expect(extension).not.toHaveProperty('cs6')
      expect(extension).toMatchObject({ externalId: long.id, src: '192.0.2.7', cn1: '0' })
      expect(extension['msg']).toContain('🚨 summary')
    }
  })
})

describe('cefName', () => {
  it.each([
    ['scan.vertical.syn', 'Vertical port scan'],
    ['scan.never-heard-of', 'Port scan'],
    ['toString', 'Suspicious traffic'],
  ])('calls %s %s', (kind, name) => {
    expect(cefName(kind)).toBe(name)
  })

  it('has a name for every family of the contract', () => {
    for (const family of FAMILIES) expect(CEF_NAMES).toHaveProperty([family])
  })
})
