import { describe, expect, it } from 'vitest'
import {
  bookOf,
  faultsOf,
  httpRequest,
  Judging,
  plannedFlow,
} from '../../../support/detection/judged-rules.ts'
import { START_US } from '../../../support/detection/watched-traffic.ts'

const base = (name: string, uri: string): string => `
title: Base ${name}
name: ${name}
logsource: { category: proxy }
detection: { sel: { c-uri: ${uri} }, condition: sel }
`
const correlation = (section: string, rest = ''): string => `
title: Together
name: together
level: high
${rest}
correlation:
${section.replace(/^/gm, '  ')}
`
const count = (condition: string, type = 'event_count'): string =>
  correlation(
    `type: ${type}\nrules: [one]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: ${condition}`,
  )

/** Lets requests come, each `seconds` after the beginning. */
function ask(judging: Judging, uri: string, seconds: number, plan: object = {}): void {
  judging.says(httpRequest({ uri }), { atUs: START_US + seconds * 1e6, ...plan })
}

describe('an amount', () => {
  const flows = (name = 'one'): string => `
title: Base ${name}
name: ${name}
logsource: { product: zeek, service: conn }
detection: { sel: { dst_port: 443 }, condition: sel }
`
  const amounts = (type: string, condition: string): Judging =>
    new Judging(flows(), count(condition, type))
  const sends = (judging: Judging, bytes: number, seconds: number): void => {
    const plan = { destinationPort: 443, originatorPayloadBytes: bytes }
    judging.ends({ ...plan, atUs: START_US + seconds * 1e6 })
  }

  it('in sum holds as soon as enough came within the span', () => {
    const judging = amounts('value_sum', '{ field: orig_bytes, gt: 1000 }')
    sends(judging, 900, 0)
    sends(judging, 100, 10)
    expect(judging.hits('together')).toBe(0)
    sends(judging, 1, 20)
    expect(judging.hits('together')).toBe(1)
    expect(judging.stories()[0]!.reasons[0]).toMatchObject({ feature: 'value_sum', value: 1001 })
  })

  it('in sum does not hold when it came too slowly', () => {
    const judging = amounts('value_sum', '{ field: orig_bytes, gt: 1000 }')
    for (let minutes = 0; minutes < 5; minutes += 1) sends(judging, 600, minutes * 61)
    expect(judging.hits('together')).toBe(0)
  })

  it('on average holds only at the end of the span', () => {
    const judging = amounts('value_avg', '{ field: orig_bytes, gt: 500 }')
    sends(judging, 600, 0)
    sends(judging, 500, 10)
    expect(judging.hits('together')).toBe(0)
    judging.detector.tick(START_US + 61e6)
    expect(judging.hits('together')).toBe(1)
  })

  it.each([
    ['value_sum', '{ field: service, gt: 1 }', /value_sum wants a number, which service is not/],
    ['value_sum', '{ field: [orig_bytes, resp_bytes], gt: 1 }', /no more than one field/],
    ['value_sum', '{ gt: 1 }', /condition of value_sum has no field/],
    ['value_median', '{ field: orig_bytes, gt: 1 }', /is not one of event_count/],
  ])('of %s %s is refused', (type, condition, fault) => {
    expect(faultsOf(flows(), count(condition, type))).toEqual([expect.stringMatching(fault)])
  })
})

describe('a count of very many events', () => {
  it('holds when they came within the span, whose slices it keeps', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 5000 }'))
    for (let at = 0; at < 4999; at += 1) ask(judging, '/a', at / 100)
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/a', 50)
    expect(judging.hits('together')).toBe(1)
  })

  it('does not hold when they came over a longer time', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 5000 }'))
    for (let at = 0; at < 12_000; at += 1) ask(judging, '/a', at / 80)
    expect(judging.hits('together')).toBe(0)
  })

  it('begins anew after a silence longer than the span', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 2000 }'))
    for (let at = 0; at < 1999; at += 1) ask(judging, '/a', at / 100)
    for (let at = 0; at < 1999; at += 1) ask(judging, '/a', 200 + at / 100)
    expect(judging.hits('together')).toBe(0)
  })
})

describe('a combination of values', () => {
  it('is counted as one', () => {
    const condition = '{ field: [dst_ip, dst_port], gte: 3 }'
    const judging = new Judging(base('one', '/a'), count(condition, 'value_count'))
    ask(judging, '/a', 0, { destinationPort: 80 })
    ask(judging, '/a', 1, { destinationPort: 81 })
    ask(judging, '/a', 2, { destinationPort: 80 })
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/a', 3, { destinationPort: 80, destination: '203.0.113.10' })
    expect(judging.hits('together')).toBe(1)
  })
})

describe('a temporal condition', () => {
  const meeting = (condition: string, type = 'temporal'): string =>
    correlation(
      `type: ${type}\nrules: [one, two, three]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: ${condition}`,
    )
  const rules = [base('one', '/a'), base('two', '/b'), base('three', '/c')]

  it('says how many of the rules must be met', () => {
    const judging = new Judging(...rules, meeting('{ gte: 2 }'))
    ask(judging, '/c', 0)
    ask(judging, '/c', 1)
    ask(judging, '/a', 70)
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/b', 80)
    expect(judging.hits('together')).toBe(1)
  })

  it.each([
    ['{ lt: 2 }', 'temporal', /takes gt and gte, for how many of its 3 rules/],
    ['{ gte: 4 }', 'temporal', /takes gt and gte, for how many of its 3 rules/],
    ['{ gte: 2 }', 'temporal_ordered', /wants all of its rules met/],
  ])('%s of %s is refused', (condition, type, fault) => {
    expect(faultsOf(...rules, meeting(condition, type))).toEqual([expect.stringMatching(fault)])
  })

  it('of all its rules is what it says without', () => {
    expect(faultsOf(...rules, meeting('{ gte: 3 }', 'temporal_ordered'))).toEqual([])
  })
})

describe('a count of events', () => {
  it('holds when enough came within the span, and tells one story for the group', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 3 }'))
    for (const seconds of [0, 30, 59]) ask(judging, '/a', seconds)
    expect(judging.hits('together')).toBe(1)
    const [story, ...more] = judging.stories()
    expect(more).toEqual([])
    expect(story).toMatchObject({
      detector: 'sigma:together',
      severity: 7,
      attacker: '10.0.0.5',
      reasons: [
        { feature: 'event_count', value: 3, baseline: 3 },
        { feature: 'src_ip', value: '10.0.0.5' },
      ],
    })
  })

  it('does not hold when they came too slowly', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 3 }'))
    for (const seconds of [0, 40, 80, 120]) ask(judging, '/a', seconds)
    expect(judging.hits('together')).toBe(0)
  })

  it('keeps groups apart', () => {
    const judging = new Judging(base('one', '/a'), count('{ gt: 2 }'))
    for (const last of [1, 2, 3, 4, 5]) ask(judging, '/a', last, { source: `10.0.0.${last}` })
    expect(judging.hits('together')).toBe(0)
  })

  it('that asks for few waits for the end of the span', () => {
    const judging = new Judging(base('one', '/a'), count('{ lt: 3 }'))
    ask(judging, '/a', 0)
    judging.running.tick(START_US + 30e6)
    expect(judging.hits('together')).toBe(0)
    judging.running.tick(START_US + 61e6)
    expect(judging.hits('together')).toBe(1)
    for (const seconds of [100, 101, 102]) ask(judging, '/a', seconds)
    judging.running.tick(START_US + 200e6)
    expect(judging.hits('together')).toBe(1)
  })

  it.each([
    ['{ eq: 2 }', 1],
    ['{ neq: 2 }', 0],
    ['{ lte: 2, gte: 2 }', 1],
    ['{ lte: 1 }', 0],
  ])('holds by %s at the end of the span', (condition, expected) => {
    const judging = new Judging(base('one', '/a'), count(condition))
    ask(judging, '/a', 0)
    ask(judging, '/a', 1)
    judging.running.tick(START_US + 100e6)
    expect(judging.hits('together')).toBe(expected)
  })
})

describe('a count of values', () => {
  it('counts each value once', () => {
    const judging = new Judging(
      base('one', '/a'),
      count('{ field: cs-host, gte: 3 }', 'value_count'),
    )
    for (const host of ['a', 'b', 'a', 'b', 'a']) judging.says(httpRequest({ uri: '/a', host }))
    expect(judging.hits('together')).toBe(0)
    judging.says(httpRequest({ uri: '/a', host: 'c' }))
    expect(judging.hits('together')).toBe(1)
  })
})

describe('a meeting of rules', () => {
  const both = (type: string): string =>
    correlation(`type: ${type}\nrules: [one, two]\ngroup-by: [src_ip]\ntimespan: 1m`)

  it('holds in whatever order', () => {
    const judging = new Judging(base('one', '/a'), base('two', '/b'), both('temporal'))
    ask(judging, '/b', 0)
    ask(judging, '/a', 10)
    expect(judging.hits('together')).toBe(1)
  })

  it('does not hold when they are too far apart', () => {
    const judging = new Judging(base('one', '/a'), base('two', '/b'), both('temporal'))
    ask(judging, '/b', 0)
    ask(judging, '/a', 61)
    expect(judging.hits('together')).toBe(0)
  })

  it('that is ordered holds in that order alone', () => {
    const judging = new Judging(base('one', '/a'), base('two', '/b'), both('temporal_ordered'))
    ask(judging, '/b', 0)
    ask(judging, '/a', 10)
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/b', 20)
    expect(judging.hits('together')).toBe(1)
  })

  it('finds what rules call differently by aliases', () => {
    const text = correlation(`type: temporal
rules: [one, two]
group-by: [who]
timespan: 1m
aliases: { who: { one: src_ip, two: dst_ip } }`)
    const judging = new Judging(base('one', '/a'), base('two', '/b'), text)
    ask(judging, '/a', 0, { source: '10.0.0.7' })
    ask(judging, '/b', 1, { source: '10.0.0.8', destination: '10.0.0.9' })
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/b', 2, { source: '10.0.0.8', destination: '10.0.0.7' })
    expect(judging.hits('together')).toBe(1)
  })
})

describe('rules that a correlation refers to', () => {
  it('tell nothing themselves, unless it generates', () => {
    const quiet = new Judging(base('one', '/a'), count('{ gte: 2 }'))
    ask(quiet, '/a', 0)
    expect(quiet.stories()).toEqual([])
    const loud = new Judging(base('one', '/a'), `${count('{ gte: 2 }')}  generate: true\n`)
    ask(loud, '/a', 0)
    expect(loud.stories()).toMatchObject([{ detector: 'sigma:one' }])
  })
})

describe('a correlation of correlations', () => {
  const inner = `title: Many
name: many
correlation: { type: event_count, rules: [one], group-by: [src_ip], timespan: 1m, condition: { gte: 3 } }
`
  const outer = correlation(
    'type: temporal_ordered\nrules: [many, two]\ngroup-by: [dst_ip]\ntimespan: 5m',
  )
  const chain = [outer, base('two', '/b'), inner, base('one', '/a')]

  it('is met by what completed the inner one, wherever it stands in the files', () => {
    const judging = new Judging(...chain)
    ask(judging, '/b', 0)
    for (const seconds of [1, 2]) ask(judging, '/a', seconds)
    ask(judging, '/b', 3)
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/a', 4)
    ask(judging, '/b', 5, { destination: '203.0.113.10' })
    expect(judging.hits('together')).toBe(0)
    ask(judging, '/b', 6, { source: '10.0.0.8' })
    expect(judging.hits('together')).toBe(1)
    expect(judging.stories()).toMatchObject([{ detector: 'sigma:together', attacker: '10.0.0.8' }])
  })

  it('counts on over a reload, unless a rule that it rests on was changed', () => {
    const [, two, , one] = chain
    const run = (second: readonly string[]): number => {
      const judging = new Judging(...chain)
      for (const seconds of [1, 2, 3]) ask(judging, '/a', seconds)
      judging.detector.use(bookOf(...second))
      ask(judging, '/b', 10)
      return judging.hits('together')
    }
    expect(run(chain)).toBe(1)
    expect(run([outer, two!, inner, one!.replace('Base one', 'Changed')])).toBe(0)
  })

  it.each([
    ['a circle', inner.replace('[one]', '[together]'), /rules names 'together', which is no rule/],
    ['one that only the end of its span proves', inner.replace('gte: 3', 'lt: 3'), /'many' holds only when its span is over/],
    ['one over several categories', inner.replace('event_count, rules: [one]', 'event_count, rules: [one, conn]'), /'many' joins rules of several categories/],
  ])('refuses %s, with the reason', (_, changed, reason) => {
    const conn = `title: C\nname: conn\nlogsource: { category: network_connection }\ndetection: { sel: { dst_port: 1 }, condition: sel }\n`
    const faults = faultsOf(outer, base('two', '/b'), changed, base('one', '/a'), conn)
    expect(faults.some((fault) => reason.test(fault))).toBe(true)
    expect(faults.every((fault) => /^\d+:\d+ /.test(fault))).toBe(true)
  }) // prettier-ignore
})

describe('a correlation', () => {
  it('remembers a bounded number of groups, however many come', () => {
    const judging = new Judging(base('one', '/a'), count('{ gte: 3 }'))
    const fact = httpRequest({ uri: '/a' })
    for (let index = 0; index < 5000; index += 1) {
      const source = `10.1.${index >> 8}.${index & 255}`
      judging.detector.flowSpoke(plannedFlow({ source, atUs: START_US + index }), fact)
    }
    expect(judging.running.forgotten).toBe(5000 - 2048)
  })

  it.each([
    ['type: event_count\nrules: [none]\ntimespan: 1m\ncondition: { gte: 3 }', /rules names 'none'/],
    ['type: event_count\nrules: [one]\ntimespan: 1y\ncondition: { gte: 3 }', /timespan '1y'/],
    ['type: event_count\nrules: [one]\ntimespan: 1m', /has no condition/],
    [
      'type: event_count\nrules: [one]\ntimespan: 1m\ncondition: { gte: 10000000 }',
      /from 0 to 1000000/,
    ],
    ['type: value_count\nrules: [one]\ntimespan: 1m\ncondition: { gte: 3 }', /has no field/],
    [
      'type: temporal\nrules: [one]\ntimespan: 1m\ncondition: { gte: 3 }',
      /temporal takes gt and gte, for how many of its 1 rule must/,
    ],
    ['type: sum\nrules: [one]\ntimespan: 1m', /type 'sum' is not one of/],
    ['type: temporal\nrules: [one]\ntimespan: 1m\ngroup-by: [nobody]', /no field 'nobody'/],
    ['type: temporal\nrules: [one]\ntimespan: 1m\ngroup_by: [src_ip]', /did you mean group-by/],
  ])('that is wrong is refused', (section, reason) => {
    expect(faultsOf(base('one', '/a'), correlation(section))).toEqual([
      expect.stringMatching(reason),
    ])
  })
})
