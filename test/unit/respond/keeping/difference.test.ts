import { expect, test } from 'vitest'
import { difference, differs } from '../../../../src/respond/keeping/difference.ts'
import type { FirewallEntry } from '../../../../src/respond/firewall.ts'
import { entryFor } from '../../../support/response/blocking.ts'

function entry(target: string, remainingSeconds: number | null): FirewallEntry {
  return entryFor(target, { remainingSeconds })
}

test('names what is missing, what is too much, and what ends at another time', () => {
  const wanted = [entry('192.0.2.1', 60), entry('192.0.2.2', null), entry('192.0.2.3', 60)]
  const held = [entry('192.0.2.2', 60), entry('192.0.2.3', 300), entry('192.0.2.4', null)]
  expect(difference(wanted, held)).toEqual({
    missing: ['192.0.2.1'],
    surplus: ['192.0.2.4'],
    mistimed: ['192.0.2.2', '192.0.2.3'],
  })
})

test('two seconds between two clocks are no difference, three are', () => {
  expect(differs(difference([entry('192.0.2.1', 60)], [entry('192.0.2.1', 58)]))).toBe(false)
  expect(differs(difference([entry('192.0.2.1', 60)], [entry('192.0.2.1', 57)]))).toBe(true)
})

test('time goes by while a long list is read', () => {
  const wanted = [entry('192.0.2.1', 60)]
  expect(differs(difference(wanted, [entry('192.0.2.1', 54)], 4))).toBe(false)
  expect(differs(difference(wanted, [entry('192.0.2.1', 53)], 4))).toBe(true)
})

test('a block that wants more time than the kernel counts is not made anew at each look', () => {
  const [wanted, held] = [entry('192.0.2.1', 2_147_483 + 3600), entry('192.0.2.1', 2_147_400)]
  expect(differs(difference([wanted], [held]))).toBe(false)
  expect(differs(difference([wanted], [entry('192.0.2.1', 86_400)]))).toBe(true)
})
