import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Regex, RegexFault } from '../../../../src/detect/sigma/pattern/regex.ts'
import { unlessEndless } from '../../../support/bounded-work.ts'

const NONE = { isCaseless: false, isMultiline: false, dotTakesAll: false }

describe('an expression', () => {
  it('says what JavaScript says, for every expression it takes', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '^',
      '$',
      '\\b',
      'ab',
    )
    const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '*?'))
    const branch = fc.array(piece, { minLength: 1, maxLength: 4 })
    const pattern = fc
      .array(branch, { minLength: 1, maxLength: 3 })
      .map((branches) =>
        branches
          .map((pieces) =>
            pieces
              .map(([one, times]) =>
                /^(\^|\$|\\b)$/.test(one) ? one : one === 'ab' ? `(?:${one})${times}` : one + times,
              )
              .join(''),
          )
          .join('|'),
      )
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '\n'), maxLength: 12 })
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(new Regex(source, NONE).test(subject)).toBe(new RegExp(source).test(subject))
      }),
      { numRuns: 2000, seed: 7 },
    )
  })

  it.each([
    ['(a+)+$', 'a'.repeat(4000) + '!'],
    ['(a|aa)*b', 'a'.repeat(4000)],
    ['(.*)(.*)(.*)(.*)x', 'y'.repeat(4000)],
    ['([a-z]+)*[0-9]', 'q'.repeat(4000)],
  ])('that other engines choke on comes to its end: %s', (source, subject) => {
    expect(unlessEndless(() => new Regex(source, NONE).test(subject))).toBe(false)
  })

  it('takes its flags', () => {
    expect(new Regex('^b', { ...NONE, isMultiline: true }).test('a\nb')).toBe(true)
    expect(new Regex('^b', NONE).test('a\nb')).toBe(false)
    expect(new Regex('a.b', { ...NONE, dotTakesAll: true }).test('a\nb')).toBe(true)
    expect(new Regex('[A-C]x', { ...NONE, isCaseless: true }).test('bX')).toBe(true)
    expect(new Regex('(?i)ABC', NONE).test('xabc')).toBe(true)
  })

  it.each([
    '(?=a)',
    '(?<!a)',
    '\\1',
    '(a',
    'a)',
    '[a',
    'a{5000}',
    '(a{500}){500}',
    '*a',
    'a**',
    'a++',
    '\\p{L}',
    '[b-a]',
    'a\\',
  ])('that cannot be matched in linear time, or not at all, is refused: %s', (source) => {
    expect(() => new Regex(source, NONE)).toThrow(RegexFault)
  })
})
