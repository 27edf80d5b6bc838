import { expect, it } from 'vitest'
import { isCovered, type SuppressionScope } from '../../../src/decide/index.ts'
import { detection } from '../../support/detection/detections.ts'

const scope = (narrowing: Partial<SuppressionScope>): SuppressionScope => ({
  ...{ detector: null, kind: null, address: null, victim: null, port: null, process: null },
  ...narrowing,
})
const scan = detection({ attacker: '10.0.0.9', victims: ['10.0.1.5', '10.0.1.6'], port: 22 })

it.each<[string, Partial<SuppressionScope>, boolean]>([
  ['its detector', { detector: 'port-scan' }, true],
  ['another detector', { detector: 'sweep' }, false],
  ['the beginning of its kind', { kind: 'scan.vertical' }, true],
  ['half a word of its kind', { kind: 'scan.vert' }, false],
  ['its attacker', { address: '10.0.0.9' }, true],
  ['a range around its attacker', { address: '10.0.0.0/24' }, true],
  ['an address that is only a victim', { address: '10.0.1.5' }, false],
  ['all its victims', { victim: '10.0.1.0/24' }, true],
  ['one of its victims', { victim: '10.0.1.5' }, false],
  ['its port', { port: 22 }, true],
  ['another port', { port: 23 }, false],
  ['a process, when none is known', { process: 'nmap' }, false],
  ['detector and another attacker', { detector: 'port-scan', address: '10.0.0.8' }, false],
])('A suppression of %s', (_, narrowing, expected) => {
  expect(isCovered(scan, scope(narrowing))).toBe(expected)
})

it('A suppression never covers what the agent says of itself', () => {
  expect(isCovered(detection({ family: 'health' }), scope({}))).toBe(false)
})
