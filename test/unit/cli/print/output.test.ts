import { expect, test } from 'vitest'
import { PicketError } from '../../../../src/core/errors.ts'
import { printEvents, printFailure, whoToWhom } from '../../../../src/cli/print/output.ts'
import { memoryTerminal } from '../../../support/memory-terminal.ts'
import { event } from '../../../support/record.ts'

test('events are printed as aligned columns under their titles', () => {
  const terminal = memoryTerminal()
  printEvents([event(), event({ kind: 'flood.syn', severity: 10 })], { terminal, json: false })
  expect(terminal.out.split('\n')).toEqual([
    'time (UTC)           kind               sev  verdict  who → whom            why',
    '2026-01-05 10:00:00  scan.vertical.syn    6  alert    192.0.2.7 → 10.0.0.5  1,204 ports of 10.0.0.5 tried in 8 s',
    '2026-01-05 10:00:00  flood.syn           10  alert    192.0.2.7 → 10.0.0.5  1,204 ports of 10.0.0.5 tried in 8 s',
    '',
  ])
})

test('on a narrow terminal the reason goes below, and no line is wider than the terminal', () => {
  const terminal = memoryTerminal(80)
  printEvents([event({ summary: 'x'.repeat(300) })], { terminal, json: false })
  const lines = terminal.out.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[2]).toMatch(/^ {4}x+…$/)
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80)
})

test('where a terminal is too narrow for who and whom it breaks the lines, and nothing is left out', () => {
  const terminal = memoryTerminal(80)
  const [attacker, victim] = ['2001:db8:1111:2222:3333:4444:5555:6666', '2001:db8:9::1']
  printEvents([event({ attacker, victims: [victim] })], { terminal, json: false })
  expect(terminal.out).toContain(`${attacker} → ${victim}\n`)
  expect(terminal.out).toContain('1,204 ports of 10.0.0.5 tried in 8 s\n')
})

test('on a wide terminal a long reason is cut at its edge', () => {
  const terminal = memoryTerminal(140)
  printEvents([event({ summary: 'x'.repeat(300) })], { terminal, json: false })
  const lines = terminal.out.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect([...lines[1]!].length).toBe(140)
})

test('what an attacker put into an event cannot drive the terminal', () => {
  const terminal = memoryTerminal()
  printEvents([event({ summary: '\u001b[2J\nfake line', victims: ['\u202e'] })], {
    terminal,
    json: false,
  })
  expect(terminal.out).not.toMatch(/[\u001b\u202e]/)
  expect(terminal.out.trimEnd().split('\n')).toHaveLength(2)
})

test('with --json each event is one line that is the event', () => {
  const terminal = memoryTerminal()
  const events = [event(), event({ summary: 'two\nlines' })]
  printEvents(events, { terminal, json: true })
  expect(
    terminal.out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual(events)
})

test('no events print nothing at all', () => {
  const terminal = memoryTerminal()
  printEvents([], { terminal, json: false })
  expect(terminal.out).toBe('')
})

test.each([
  ['attacker and victim', {}, '192.0.2.7 → 10.0.0.5'],
  ['several victims', { victims: ['10.0.0.5', '10.0.0.6', '10.0.0.7'] }, '192.0.2.7 → 10.0.0.5 +2'],
  ['nobody to be named', { attacker: null }, 'many → 10.0.0.5'],
  ['the agent itself', { attacker: null, victims: [], family: 'health' as const }, 'this host'],
  [
    'a misused host',
    { host: '10.0.0.9', attacker: '203.0.113.9', victims: [] },
    '10.0.0.9 → 203.0.113.9',
  ],
  [
    'a host and a name',
    { host: '10.0.0.9', attacker: null, domain: 't.example' },
    '10.0.0.9 → t.example',
  ],
])('who did it to whom: %s', (_, changes, words) => {
  expect(whoToWhom(event(changes))).toBe(words)
})

test.each([
  ['ERR_USAGE', 2],
  ['ERR_CAPTURE_DAMAGED', 3],
  ['ERR_CAPTURE_FORMAT', 3],
  ['ERR_CAPTURE_OPEN', 1],
  ['ERR_RECORD_LOCKED', 1],
] as const)('%s ends with exit code %i, its message and its hint', (code, exitCode) => {
  const terminal = memoryTerminal()
  const error = new PicketError(code, 'it is \u001b[31mbroken', { hint: 'mend it' })
  expect(printFailure(error, terminal)).toBe(exitCode)
  expect(terminal.err).toBe('picket: it is \\u{1b}[31mbroken\nhint: mend it\n')
  expect(terminal.out).toBe('')
})

test('our own mistakes are told as such, with the place', () => {
  const terminal = memoryTerminal()
  expect(printFailure(new TypeError('x is not a function'), terminal)).toBe(1)
  expect(terminal.err).toMatch(/mistake in picket itself\nTypeError: x is not a function\n {4}at /)
})
