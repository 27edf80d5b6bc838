import { expect, test } from 'vitest'
import { nearest } from '../../../../src/core/text/nearest.ts'

const KNOWN = ['ssh-bruteforce', 'port-scan', 'sweep', 'bruteforce.ssh', 'bruteforce.sip']

test.each([
  ['portscan', 'port-scan'],
  ['Port_Scan', 'port-scan'],
  ['ssh-brutefroce', 'ssh-bruteforce'],
  ['swep', 'sweep'],
  ['tunnel', null],
])('%s is taken for %s', (given, meant) => {
  expect(nearest(given, KNOWN)).toBe(meant)
})

test('two letters swapped are one slip, as one left out is', () => {
  expect(nearest('bruteforce.shs', KNOWN, 1)).toBe('bruteforce.ssh')
  expect(nearest('bruteforce.ftp', KNOWN, 1)).toBeNull()
})
