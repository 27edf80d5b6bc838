import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules, type DetectionRule } from '../../../../src/detect/index.ts'
import type { ApplicationFact } from '../../../../src/flow/flow.ts'
import { Subject } from '../../../../src/detect/sigma/fields/subject.ts'
import { RuleBucket } from '../../../../src/detect/sigma/match/rule-bucket.ts'
import {
  bookOf,
  httpRequest,
  httpRule,
  Judging,
  plannedFlow,
} from '../../../support/detection/judged-rules.ts'
import { START_US } from '../../../support/detection/watched-traffic.ts'
import { leastMs } from '../../../support/bounded-work.ts'

const rule = (name: string, uri: string, rest = ''): string =>
  httpRule(`sel: { c-uri|contains: ${uri} }\ncondition: sel`, rest).replace('test-rule', name)

describe('hits of one rule', () => {
  it('on one attacker are one story, with all victims', () => {
    const judging = new Judging(rule('one', 'a'))
    for (let index = 0; index < 50; index += 1) {
      judging.says(httpRequest({ uri: '/a' }), {
        destination: `203.0.113.${index}`,
        atUs: START_US + index * 1e6,
      })
    }
    judging.running.end(Number.POSITIVE_INFINITY)
    const [story, ...more] = judging.stories()
    expect(more).toEqual([])
    expect(story).toMatchObject({ attacker: '10.0.0.5', count: 50, isFinal: true })
    expect(story!.victims).toHaveLength(32)
    expect(story!.summary).toBe('Test rule: 10.0.0.5 → 32 hosts (c-uri /a), 50 times in 49 s')
  })

  it('on forged sources grow nothing: past 64 stories the rest is one, that names nobody', () => {
    const judging = new Judging(rule('one', 'a'))
    for (let index = 0; index < 20_000; index += 1) {
      const source = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
      judging.says(httpRequest({ uri: '/a' }), { source, atUs: START_US + index })
    }
    judging.running.end(Number.POSITIVE_INFINITY)
    const stories = judging.stories()
    expect(stories).toHaveLength(65)
    expect(stories.find(({ count }) => count > 1)).toMatchObject({
      attacker: null,
      count: 20_000 - 64,
    })
  })

  it('on ever new names of one registrant are one story, which names what they lie under', () => {
    const detection = 'detection: { sel: { query|contains: example }, condition: sel }'
    const judging = new Judging(`
title: Test rule
name: test-rule
logsource: { category: dns }
${detection}
`)
    const ask = (query: string): unknown =>
      judging.says({
        kind: 'dns',
        isResponse: false,
        query,
        type: 'A',
      } as unknown as ApplicationFact)
    for (let index = 0; index < 100; index += 1) ask(`Q${index}.data.example.co.uk`)
    ask('other.example')
    judging.running.end(Number.POSITIVE_INFINITY)
    expect(judging.stories().map(({ domain, count }) => [domain, count])).toEqual([
      ['example.co.uk', 100],
      ['other.example', 1],
    ])
  })

  it('after a long silence are another story', () => {
    const judging = new Judging(rule('one', 'a')).says(httpRequest({ uri: '/a' }))
    judging.running.tick(START_US + 1000e6)
    judging.says(httpRequest({ uri: '/a' }), { atUs: START_US + 1001e6 })
    expect(judging.stories().map(({ isFinal }) => isFinal)).toEqual([true, false])
  })
})

describe('a reload', () => {
  const counting = `
title: Many
name: many
correlation: { type: event_count, rules: [one], group-by: [src_ip], timespan: 1m, condition: { gte: 3 } }
`
  it('lets what stays count on, also where another rule is bad', () => {
    const judging = new Judging(rule('one', 'a'), counting)
    judging.says(httpRequest({ uri: '/a' })).says(httpRequest({ uri: '/a' }))
    judging.detector.use(bookOf('title: [bad', rule('two', 'b'), rule('one', 'a'), counting))
    judging.says(httpRequest({ uri: '/a' }))
    expect(judging.hits('one')).toBe(3)
    expect(judging.hits('many')).toBe(1)
  })

  it('begins anew what was changed, and ends the stories of what is gone', () => {
    const judging = new Judging(rule('one', 'a'), rule('two', 'a'))
    judging.says(httpRequest({ uri: '/a' }))
    judging.detector.use(bookOf(rule('one', 'ab')))
    expect(judging.hits('one')).toBe(0)
    expect(judging.stories().every(({ isFinal }) => isFinal)).toBe(true)
    judging.says(httpRequest({ uri: '/a' }))
    expect(judging.stories()).toHaveLength(2)
    judging.says(httpRequest({ uri: '/ab' }))
    expect(judging.stories()).toHaveLength(3)
  })
})

describe('an ended flow of whatever application', () => {
  const ending = (name: string, detection: string): string => `
title: ${name}
name: ${name}
logsource: { category: firewall }
detection:
  sel: { ${detection} }
  condition: sel`
  const byPort = ending('by-port', 'dst_port: [23, 2323]')
  const byService = ending('by-service', 'service: [telnet, unknown], dst_port: 8023')
  const bySize = ending('by-size', 'orig_bytes|gte: 500')

  it('is judged by the rules that ask for its port, and for its service', () => {
    const judging = new Judging(byPort, byService)
    judging.ends({ destinationPort: 23 }).ends({ destinationPort: 80, application: 'http' })
    judging.ends({ destinationPort: 8023, application: 'telnet' }).ends({ destinationPort: 8023 })
    expect([judging.hits('by-port'), judging.hits('by-service')]).toEqual([1, 2])
  })

  it('is judged whatever it is where a rule asks for something else', () => {
    const judging = new Judging(byPort, bySize).ends({ destinationPort: 80, application: 'http' })
    expect([judging.hits('by-port'), judging.hits('by-size')]).toEqual([0, 1])
  })
})

describe('the index', () => {
  it('finds every rule that holds, and no other', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', '/'),
      minLength: 1,
      maxLength: 5,
    })
    const test = fc
      .tuple(
        fc.constantFrom('', '|contains', '|startswith', '|endswith', '|contains|all'),
        fc.array(word, { minLength: 1, maxLength: 3 }),
      )
      .map(
        ([modifier, words]) =>
          `{ c-uri${modifier}: [${words.map((one) => `'${one}'`).join(', ')}] }`,
      )
    const detection = fc
      .tuple(
        test,
        test,
        fc.constantFrom('x', 'x and y', 'x or y', 'x and not y', 'not x', '1 of them'),
      )
      .map(([x, y, condition]) => `x: ${x}\ny: ${y}\ncondition: ${condition}`)
    fc.assert(
      fc.property(
        fc.array(detection, { minLength: 1, maxLength: 8 }),
        fc.array(word, { maxLength: 6 }),
        (detections, uris) => {
          const texts = detections.map((one, index) => ({
            ...{ file: `${index}`, origin: 'user' as const },
            text: httpRule(one).replace('test-rule', `rule-${index}`),
          }))
          const { detections: rules } = compileRules(texts)
          expect(rules).toHaveLength(detections.length)
          const bucket = new RuleBucket<DetectionRule>(rules)
          for (const uri of [uris.join(''), ...uris]) {
            const subject = new Subject()
            subject.show(plannedFlow(), httpRequest({ uri }), START_US)
            const found: string[] = []
            bucket.judge(subject, ({ key }) => found.push(key))
            const holding = rules
              .filter(({ predicate }) => predicate.holds(subject))
              .map(({ key }) => key)
            expect(found.sort()).toEqual(holding.sort())
          }
        },
      ),
      { numRuns: 300, seed: 3 },
    )
  })

  it('builds no facts of flows that no rule is judged on', () => {
    const judging = new Judging(rule('one', 'a'))
    const flow = plannedFlow({ application: 'tls' })
    judging.detector.flowEnded({ ...flow, facts: () => expect.unreachable() }, 'fin')
  })

  it('lets hundreds of rules cost little', async () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      rule(`rule-${index}`, `needle-${index}-end`),
    )
    const judging = new Judging(...many)
    const fact = httpRequest({ uri: '/some/path/of/usual/length?with=query&and=more' })
    const flow = plannedFlow()
    const spokenTo =
      ({ detector }: Judging) =>
      (): void => {
        for (let count = 0; count < 1000; count += 1) detector.flowSpoke(flow, fact)
      }
    const [ofOne, ofMany] = [
      await leastMs(spokenTo(new Judging(rule('rule', 'needle-end')))),
      await leastMs(spokenTo(judging)),
    ]

    expect(ofMany).toBeLessThan(20 * ofOne)
    expect(judging.says(httpRequest({ uri: '/x/needle-77-end' })).hits('rule-77')).toBe(1)
  })
})
