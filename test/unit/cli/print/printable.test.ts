import { expect, test } from 'vitest'
import { jsonLine, printable } from '../../../../src/cli/print/printable.ts'

test.each([
  ['an escape sequence', '\u001b[2Jgone', '\\u{1b}[2Jgone'],
  ['an eight-bit escape', '\u009b2Jgone', '\\u{9b}2Jgone'],
  ['a title change', '\u001b]0;pwned\u0007', '\\u{1b}]0;pwned\\u{7}'],
  ['a carriage return', 'evil\rgood', 'evil\\u{d}good'],
  ['a line feed', 'one\ntwo', 'one\\u{a}two'],
  ['a change of direction', 'abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
  ['an invisible space', 'pay\u200bpal', 'pay\\u{200b}pal'],
  ['half a character', 'x\ud800y', 'x\\u{d800}y'],
])('%s is shown, not obeyed', (_, text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('ordinary words of any language stay as they are', () => {
  expect(printable('Grüße, 世界, 🦉 → ok')).toBe('Grüße, 世界, 🦉 → ok')
})

test('JSON stays the same value, with nothing in it that a terminal obeys', () => {
  const value = { name: '\u009b2J\u202e\u007f\n', '\u200b': 1 }
  const line = jsonLine(value)
  expect(JSON.parse(line)).toEqual(value)
  expect(line).toMatch(/^[\u0020-\u007e]*$/)
})
