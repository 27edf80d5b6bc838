import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { validateConfig } from '../../../../src/config/index.ts'
import { authorizationOf } from '../../../../src/detect/intel/feed-text.ts'

function headersFor(line: string, source = 'https://feeds.example/list'): object {
  const folder = mkdtempSync(join(tmpdir(), 'picket-feed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const authorizationFile = join(folder, 'key')
  writeFileSync(authorizationFile, line)
  const feeds = [{ name: 'far', source, authorizationFile }]
  const { intel } = validateConfig({ detect: { intel: { feeds } } }, 'test').detect
  return authorizationOf(intel.feeds[0]!)
}

it.each([
  ['Bearer abc:def\n', { authorization: 'Bearer abc:def' }],
  ['0123456789abcdef', { authorization: '0123456789abcdef' }],
  ['Auth-Key: 0123456789abcdef\r\nmore', { 'Auth-Key': '0123456789abcdef' }],
])('the first line of a key file, %j, is sent as the header that it is', (line, headers) => {
  expect(headersFor(line)).toEqual(headers)
})

it('a key is not sent in the clear', () => {
  expect(() => headersFor('Bearer abc', 'http://feeds.example/list')).toThrow(/in the clear/)
})
