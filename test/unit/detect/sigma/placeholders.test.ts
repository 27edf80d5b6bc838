import { describe, expect, it } from 'vitest'
import { compileRules, SigmaDetector } from '../../../../src/detect/index.ts'
import type { HttpRequest } from '../../../../src/flow/flow.ts'
import {
  httpRequest,
  httpRule,
  plannedFlow,
  ruleText,
} from '../../../support/detection/judged-rules.ts'

const placeholders = {
  tools: ['hydra', 'curl*'],
  networks: ['10.0.0.0/24', '192.0.2.0/24'],
  'odd.port': [8080],
  percent: ['100%', '%tools%'],
}
const item = (line: string): string => httpRule(`sel:\n  ${line}\ncondition: sel`)
const bookWith = (line: string, given: object = placeholders) =>
  compileRules([ruleText(item(line))], { placeholders: given as typeof placeholders })

function holds(line: string, request: Partial<HttpRequest> = {}, plan: object = {}): boolean {
  const book = bookWith(line)
  expect(book.faults).toEqual([])
  const detector = new SigmaDetector(book, () => undefined)
  const fact = httpRequest(request)
  detector.flowSpoke(plannedFlow(plan), fact)
  const facts = { ...fact, kind: 'http' }
  detector.flowEnded(plannedFlow({ ...plan, application: 'http', facts }), 'fin')
  return detector.hits.get('test-rule') === 1
}

describe('a placeholder', () => {
  it.each([
    ['stands for each value of its list', `c-useragent|expand: "%tools%"`, true],
    ['stands within a value', `c-useragent|expand: "x%tools%"`, false],
    ['goes with other modifiers', `c-useragent|contains|expand: "%tools%"`, true],
    ['goes with them in either order', `c-useragent|expand|endswith: ["no", "%tools%"]`, true],
    ['stands for ranges', `src_ip|expand|cidr: "%networks%"`, true],
    ['stands for numbers', `dst_port|expand: "%odd.port%"`, false],
    ['is text where nothing expands it', `c-useragent: "%tools%"`, false],
  ])('%s', (_, line, expected) => {
    expect(holds(line)).toBe(expected)
  })

  it('stands for a number as it was meant', () => {
    const onOddPort = { destinationPort: 8080 }
    expect(holds('dst_port|expand: "%odd.port%"', {}, onOddPort)).toBe(true)
    expect(holds('dst_port|gt|expand: "%odd.port%"', {}, { destinationPort: 8081 })).toBe(true)
  })

  it('next to another gives every combination, whatever their values hold', () => {
    const line = 'c-uri|expand: "/%percent%-%percent%"'
    expect(holds(line, { uri: '/100%-%tools%' })).toBe(true)
    expect(holds(line, { uri: '/100%-hydra' })).toBe(false)
  })

  it.each([
    ['c-useragent|expand: "%tols%"', /^%tols% is not among detect.sigma.placeholders; did you mean tools\?/],
    ['c-useragent|expand: "%constructor%"', /^%constructor% is not among/],
    ['c-useragent|expand: plain', /^expand finds no placeholder such as %name% in 'plain'/],
    ['c-useragent|hour: 3', /^hour wants a date, and no field holds one/],
  ])('that cannot be is refused with its place: %s', (line, reason) => {
    const { faults } = bookWith(line)
    expect(faults).toMatchObject([{ reason: expect.stringMatching(reason) as string, line: 7 }])
  }) // prettier-ignore

  it('never makes more values than a rule may have', () => {
    const many = { big: Array.from({ length: 200 }, (_, at) => `value-${at}`) }
    const { faults } = bookWith('c-uri|expand: "%big%%big%%big%"', many)
    expect(faults).toMatchObject([{ reason: 'placeholders make more than 20000 values' }])
  })

  it('changes the rule when its list does, so that counts begin anew', () => {
    const [before, after] = [['a'], ['b']].map(
      (tools) => bookWith('c-useragent|expand: "%tools%"', { tools }).detections[0]!.digest,
    )
    expect(before).not.toBe(after)
  })
})
