import { describe, expect, it } from 'vitest'
import { faultsOf, holdsFor, httpRule } from '../../../support/detection/judged-rules.ts'

/** `a`, `sel_1` and `sel_2` by what is to be true of them. */
function searches(condition: string): string {
  return `a: { c-uri|contains: A }
sel_1: { c-uri|contains: B }
sel_2: { c-uri|contains: C }
_hidden: { c-uri|contains: D }
condition: ${condition}`
}

describe('a condition', () => {
  it.each([
    ['a', 'A', 'B'],
    ['a and sel_1', 'AB', 'A'],
    ['a or sel_1', 'B', 'C'],
    ['not a', 'B', 'A'],
    ['a and not sel_1', 'A', 'AB'],
    ['a or sel_1 and sel_2', 'A', 'B'],
    ['(a or sel_1) and sel_2', 'BC', 'A'],
    ['not (a or sel_1)', 'C', 'B'],
    ['1 of sel_*', 'C', 'A'],
    ['all of sel_*', 'BC', 'B'],
    ['any of sel*', 'B', 'A'],
    ['2 of them', 'AC', 'A'],
    ['1 of them', 'C', 'D'],
    ['all of them', 'ABC', 'AB'],
    ['a AND NOT 1 OF sel_*', 'A', 'AC'],
    ['not not a', 'A', 'B'],
    ['[a, sel_1]', 'B', 'C'],
  ])('%s', (condition, holding, failing) => {
    expect(holdsFor(searches(condition), { uri: `/${holding}` })).toBe(true)
    expect(holdsFor(searches(condition), { uri: `/${failing}` })).toBe(false)
  })

  it.each([
    ['a and', /ends where a search is expected/],
    ['b', /names 'b'/],
    ['sel1', /did you mean sel_1\?/],
    ['(a', /a '\(' is not closed/],
    ['a)', /'\)' is not expected/],
    ['a sel_1', /'sel_1' is not expected/],
    ['1 of nothing*', /no search is called/],
    ['5 of them', /more than there are/],
    ['a | count() > 5', /correlation rule/],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, /nested too deeply/],
  ])('that is wrong is refused: %s', (condition, reason) => {
    expect(faultsOf(httpRule(searches(condition)))[0]).toMatch(reason)
  })

  it('may stand over maps of which one has to hold, each with all of its lines', () => {
    const detection = `sel:
  - { c-uri|contains: A, cs-method: GET }
  - { c-uri|contains: B, cs-method: POST }
condition: sel`
    expect(holdsFor(detection, { uri: '/A' })).toBe(true)
    expect(holdsFor(detection, { uri: '/B' })).toBe(false)
    expect(holdsFor(detection, { uri: '/B', method: 'POST' })).toBe(true)
  })
})
