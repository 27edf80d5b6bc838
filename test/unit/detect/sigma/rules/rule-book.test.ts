import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules, rulesOf } from '../../../../../src/detect/index.ts'
import {
  bookOf,
  faultsOf,
  httpRule,
  Judging,
  httpRequest,
} from '../../../../support/detection/judged-rules.ts'
import { unlessEndless } from '../../../../support/bounded-work.ts'

const good = (name: string, uri = '/a'): string => `
title: Good ${name}
name: ${name}
logsource: { category: proxy }
detection: { sel: { c-uri: ${uri} }, condition: sel }
`

describe('a file of rules', () => {
  it('is refused by its bad rule alone; the others of it are in force', () => {
    const bad =
      'title: Bad\nlogsource: { category: proxy }\ndetection: { sel: { nope: 1 }, condition: sel }\n'
    const book = bookOf([good('one'), bad, good('two')].join('---\n'))
    expect(rulesOf(book).map(({ key }) => key)).toEqual(['one', 'two'])
    expect(book.faults).toMatchObject([{ file: '0.yaml', line: 9 }])
    expect(book.faults[0]!.reason).toContain("'nope'")
  })

  it('leaves a shipped rule in force in whose place a bad one was to come', () => {
    const counting = (rules: string): string => `
title: Many
name: many
correlation: { type: event_count, rules: [${rules}], timespan: 1m, condition: { gte: 3 } }
`
    const shipped = { file: 'pack.yaml', origin: 'shipped' } as const
    const { correlations, faults, resting } = compileRules([
      { ...shipped, text: good('one') },
      { ...shipped, text: counting('one') },
      { file: 'own.yaml', origin: 'user', text: counting('oen') },
    ])
    expect(correlations).toMatchObject([{ key: 'many', origin: 'shipped' }])
    expect(faults).toMatchObject([{ file: 'own.yaml', line: 4 }])
    expect(faults[0]!.reason).toContain("rules names 'oen'")
    expect(resting).toEqual([])
  })

  it('never stops the others, whatever is in it', () => {
    const texts = fc.oneof(fc.string({ maxLength: 300 }), fc.json(), fc.constantFrom(...HOSTILE))
    fc.assert(
      fc.property(texts, (text) => {
        const book = bookOf(good('before'), text, good('after'))
        expect(rulesOf(book).map(({ key }) => key)).toEqual(
          expect.arrayContaining(['before', 'after']),
        )
      }),
      { numRuns: 150, seed: 11 },
    )
  })

  it('that is changed anywhere, or cut, is read or refused, and never throws', () => {
    const text = httpRule(
      'sel: { c-uri|re: "^/a+" }\ncondition: sel',
      'level: high\ntags: [attack.t1059]',
    )
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 3 }), fc.nat(4), (at, put, cut) => {
        const book = bookOf(text.slice(0, at) + put + text.slice(at + cut), good('after'))
        expect(rulesOf(book).some(({ key }) => key === 'after')).toBe(true)
      }),
      { numRuns: 500, seed: 5 },
    )
  })
})

const HOSTILE = [
  `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]`,
  '['.repeat(20_000),
  '{a: '.repeat(20_000),
  '- '.repeat(20_000),
  `title: ${'x'.repeat(300_000)}`,
  'title: x\ntitle: y',
  '!!js/function "x"',
  '? [a]\n: b',
  '%YAML 9.9\n---\nx',
  '\u0000\u0001',
  'title: x\nlogsource: { category: proxy }\ndetection: { sel: { <<: { c-uri: x } }, condition: sel }',
]

describe('a hostile text', () => {
  it.each(HOSTILE.map((text) => [text.slice(0, 40), text]))(
    'is read to its end, and refused: %s',
    (_, text) => {
      expect(unlessEndless(() => faultsOf(text)).length).toBeGreaterThan(0)
    },
  )

  it('that holds anchors is told so', () => {
    expect(faultsOf(HOSTILE[0]!)[0]).toMatch(/anchors and aliases/)
  })
})

describe('a rule', () => {
  it.each([
    ['title: x', /has no logsource/],
    ['logsource: { category: proxy }', /has no title/],
    [
      'title: x\nlogsource: { product: windows, category: process_creation }\ndetection: { a: { b: 1 }, condition: a }',
      /sees no log of windows\/process_creation/,
    ],
    [
      'title: x\nlogsource: { category: proxy }\ndetection: { a: { c-uri: x } }',
      /has no condition/,
    ],
    [
      'title: x\nlevel: awful\nlogsource: { category: proxy }\ndetection: { a: { c-uri: x }, condition: a }',
      /level 'awful' is not one of/,
    ],
    [
      'title: x\nlogsource: { category: proxy }\ndetection: { a: { c-uri: x }, condition: a }\npicket: { kind: nonsense }',
      /kind 'nonsense'/,
    ],
    [
      'title: x\nlogsource: { category: proxy }\ndetection: { a: { c-uri: x }, condition: a }\npicket: { atacker: src_ip }',
      /did you mean attacker/,
    ],
    [
      'title: x\nlogsource: { category: proxy }\ndetection: { a: { c-uri: x }, condition: a }\npicket: { attacker: cs-host }',
      /attacker is cs-host, which holds no address; expected src_ip or dst_ip/,
    ],
    [
      'title: x\nlogsource: { category: network_connection }\ndetection: { a: [word], condition: a }',
      /no texts to look for keywords/,
    ],
    [
      'title: x\nlogsource: { category: proxy }\ndetection: { a: {}, condition: a }',
      /a search is empty/,
    ],
  ])('that is wrong is refused with the reason', (text, reason) => {
    expect(faultsOf(text)).toEqual([expect.stringMatching(reason)])
  })

  it('whose name another has is refused; one of the user replaces the shipped one', () => {
    expect(faultsOf(good('same'), good('same', '/b'))).toEqual([
      expect.stringMatching(/is the name or id of a rule in 0.yaml already/),
    ])
  })

  it('goes by Sigma for severity, techniques and family', () => {
    const text = httpRule(
      'sel: { c-uri: /a }\ncondition: sel',
      'level: critical\ntags: [attack.command_and_control, attack.t1071.001]',
    )
    const judging = new Judging(text).says(httpRequest({ uri: '/a' }))
    expect(judging.stories()).toMatchObject([
      {
        ...{ kind: 'c2.test-rule', family: 'c2', severity: 9, mitre: ['T1071.001'] },
        ...{ host: '10.0.0.5', attacker: '203.0.113.9', domain: 'www.example.com', count: 1 },
        summary: 'Test rule: 10.0.0.5 → 203.0.113.9:80 (www.example.com, c-uri /a), once',
      },
    ])
  })
})
