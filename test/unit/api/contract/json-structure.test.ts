import { expect, test } from 'vitest'
import { structureFault } from '../../../../src/api/contract/json-structure.ts'

test.each([
  ['{"a": 1, "a": 2}', 'a'],
  ['{"a": 1, "\\u0061" : 2}', 'a'],
  ['{"list": [{"b": {}}, {"b": [], "c": {"d": 1, "d"\n: 2}}]}', 'd'],
  ['{"": 1, "": 2}', ''],
])('of %s names the key that is there twice', (text, key) => {
  expect(structureFault(text)).toBe(`must not hold ${JSON.stringify(key)} twice in one object`)
})

test.each([
  '{"a": {"a": [{"a": 1}, {"a": 2}]}}',
  '{"a": "{\\"b\\": 1, \\"b\\": 2}", "b": "\\\\", "c": "a"}',
  '["a", "a", ["a"], ":", "a"]',
  '"a"',
  'null',
])('%s holds none twice', (text) => {
  expect(structureFault(text)).toBeNull()
})

test.each([
  ['a text', JSON.stringify({ text: 'a'.repeat(10_000_000) })],
  ['a text of quotes', JSON.stringify({ text: '"'.repeat(5_000_000) })],
])('%s of ten megabytes is read too', (_, text) => {
  expect(structureFault(text)).toBeNull()
})

test.each([32, 33, 1_000_000])('a nest %d deep is taken up to 32', (depth) => {
  const fault = structureFault('['.repeat(depth) + ']'.repeat(depth))
  expect(fault).toBe(depth > 32 ? 'must not be nested deeper than 32' : null)
})
