import { describe, expect, it } from 'vitest'
import { formatSyslog, type Envelope } from '../../../../src/forward/formats/rfc5424.ts'
import { syslogMessage } from '../../../../src/forward/formats/syslog-message.ts'
import { event } from '../../../support/record.ts'

const envelope: Envelope = {
  timestamp: '2026-01-05T10:00:08.000123Z',
  hostname: 'web-1.example.org',
  version: '0.1.0',
  processId: 4711,
  messageId: 'scan.vertical.syn',
  severity: 6,
}

describe('formatSyslog', () => {
  it('writes the header of RFC 5424', () => {
    expect(formatSyslog(envelope, 'CEF:0|…').toString()).toBe(
      '<84>1 2026-01-05T10:00:08.000123Z web-1.example.org picket 4711 scan.vertical.syn ' +
        '[origin software="picket" swVersion="0.1.0"] \ufeffCEF:0|…',
    )
  })

  it.each([
    [10, '<82>1 '],
    [7, '<83>1 '],
    [4, '<84>1 '],
    [1, '<85>1 '],
    [0, '<86>1 '],
  ])('maps severity %i to priority %s', (severity, priority) => {
    expect(formatSyslog({ ...envelope, severity }, 'x').toString()).toMatch(priority)
  })

  it('marks UTF-8 with a byte order mark, and plain ASCII with none', () => {
    expect(formatSyslog(envelope, 'plain').toString()).toMatch(/\] plain$/)
    expect(formatSyslog(envelope, 'größer').includes(Buffer.from([0xef, 0xbb, 0xbf]))).toBe(true)
  })

  it('keeps header words within their alphabet and length', () => {
    const hostile = { hostname: 'ho st\n<0>', messageId: 'k'.repeat(60), timestamp: 'yesterday' }
    const message = formatSyslog({ ...envelope, ...hostile }, 'x').toString()
    expect(message).toMatch(/^<84>1 - host<0> picket 4711 k{32} \[origin /)
    expect(formatSyslog({ ...envelope, hostname: ' ' }, 'x').toString()).toContain('Z - picket')
  })
})

describe('syslogMessage', () => {
  it('fits envelope and event into the size together', () => {
    const context = { version: '0.1.0', hostname: 'h'.repeat(64), processId: 1, maxBytes: 1024 }
    const long = event({ summary: 'ü'.repeat(1000), decision: 'd'.repeat(3000) })
    expect(syslogMessage(long, context).length).toBeLessThanOrEqual(1024)
  })
})
