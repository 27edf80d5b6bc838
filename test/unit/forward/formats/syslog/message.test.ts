import { describe, expect, it } from 'vitest'
import {
  syslogMessage,
  type MessageContext,
} from '../../../../../src/forward/formats/syslog/message.ts'
import { event } from '../../../../support/record.ts'

const context: MessageContext = {
  version: '0.1.0',
  hostname: 'web-1.example.org',
  processId: 4711,
  header: 'rfc5424',
  cefVersion: '0',
  maxBytes: 8192,
}
const told = event({ id: '019b8d2a-0000-7000-8000-000000000001', sequence: 7 })
const written = (changes: Partial<typeof told> = {}, others: Partial<MessageContext> = {}) =>
  syslogMessage({ ...told, ...changes }, { ...context, ...others }).toString()

describe('a message with the header of RFC 5424', () => {
  it('names time, host, process and kind, and carries the ids as structured data', () => {
    expect(written()).toMatch(
      '<84>1 2026-01-05T10:00:08.000123Z web-1.example.org picket 4711 scan.vertical.syn ' +
        '[origin software="picket" swVersion="0.1.0"]' +
        '[picket@32473 id="019b8d2a-0000-7000-8000-000000000001" sequence="7" revision="1" ' +
        'agent="019b8d2a-0000-7000-8000-00000000000a" kind="scan.vertical.syn" severity="6"] ' +
        'CEF:0|Picket|Picket|0.1.0|scan.vertical.syn|',
    )
  })

  it.each([
    [10, '<82>1 '],
    [7, '<83>1 '],
    [4, '<84>1 '],
    [1, '<85>1 '],
    [0, '<86>1 '],
  ])('maps severity %i to priority %s', (severity, priority) => {
    expect(written({ severity }).startsWith(priority)).toBe(true)
  })

  it('marks UTF-8 with a byte order mark, and plain ASCII with none', () => {
    expect(written()).toContain('"6"] CEF:0|')
    expect(written({ summary: 'größer' })).toContain('"6"] \ufeffCEF:0|')
  })

  it('keeps header words within their alphabet and length', () => {
    const message = written(
      { kind: 'k'.repeat(60), lastSeen: 'yesterday' },
      { hostname: 'ho st\n<0>' },
    )
    expect(message).toMatch(/^<84>1 - host<0> picket 4711 k{32} \[origin /)
    expect(written({}, { hostname: ' ' })).toContain('Z - picket')
  })

  it('escapes what would end a value of the structured data, and lets no line end through', () => {
    const agent = 'a"] [evil x="\\\n<13>1 b'
    expect(written({ agent })).toContain('agent="a\\"\\] [evil x=\\"\\\\ <13>1 b" kind=')
  })
})

describe('a message with the header of RFC 3164', () => {
  it('has the local time, the host without its domain, and CEF right behind it', () => {
    const local = new Date('2026-01-05T10:00:08Z')
    const clock = [local.getHours(), local.getMinutes(), local.getSeconds()]
      .map((part) => String(part).padStart(2, '0'))
      .join(':')
    const message = written({}, { header: 'rfc3164' })
    expect(message).toMatch(`<84>Jan  5 ${clock} web-1 CEF:0|Picket|Picket|0.1.0|scan.vertical`)
  })

  it('carries UTF-8 without a byte order mark, which it does not know', () => {
    const message = written({ summary: 'größer' }, { header: 'rfc3164' })
    expect(message).not.toContain('\ufeff')
    expect(message).toMatch(/msg=größer$/)
  })
})

describe('the size of a message', () => {
  it.each(['rfc5424', 'rfc3164'] as const)('counts the header of %s', (header) => {
    const long = { summary: 'ü'.repeat(1000), decision: 'd'.repeat(3000) }
    const maxBytes = 1200
    const hostname = 'h'.repeat(64)
    const message = written(long, { header, maxBytes, hostname })
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(maxBytes)
    expect(message).toContain('externalId=019b8d2a')
  })

  it('is kept by the longest of what is never left out, without the structured data that repeat it', () => {
    const address = '2001:db8:1111:2222:3333:4444:5555:6666'
    const message = written(
      {
        ...{ attacker: address, victims: [address], host: address, sequence: 9e15, revision: 9e15 },
        ...{ previousSequence: 9e15, selfTest: told.id, kind: 'exploit.executable-download' },
        summary: 'ü'.repeat(1000),
      },
      { maxBytes: 1024, hostname: 'h'.repeat(64) },
    )
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024)
    expect(message).toMatch(/ exploit\.executable-download - \ufeff?CEF:0\|/)
    expect(message).toContain(`c6a2=${address}`)
  })
})
