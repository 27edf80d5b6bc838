import { expect, test } from 'vitest'
import { dynamicService } from '../../../../../../src/detect/rules/c2/signs/dynamic-names.ts'

test.each([
  ['bob.dyndns.org', 'dyndns.org'],
  ['a.bob.duckdns.org', 'duckdns.org'],
  ['checkip.dyndns.org', null],
  ['members.dyndns.org', null],
  ['www.duckdns.org', null],
  ['duckdns.org', null],
  ['www.example.org', null],
])('%s is a name of %s', (name, service) => {
  expect(dynamicService(name)).toBe(service)
})
