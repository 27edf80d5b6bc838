import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSecret } from '../../../../src/forward/connections/secret.ts'
import { written } from '../../../support/certificates.ts'
import { temporaryFolder } from '../../../support/record.ts'

const source = { field: 'token', text: undefined, file: undefined }

describe('readSecret', () => {
  it('takes it from the configuration, or from a file without the blanks around it', async () => {
    const file = await written(await temporaryFolder(), 'token', ' a-secret \n')
    expect(readSecret({ ...source, text: 'as written' })).toBe('as written')
    expect(readSecret({ ...source, file })).toBe('a-secret')
    expect(readSecret(source)).toBeNull()
  })

  it.each([
    ['empty', '\n'],
    ['of two lines, which could add a header', 'secret\r\nX-Evil: 1'],
    ['not text', 'a\u0000b'],
  ])('refuses a file that is %s, and does not tell what is in it', async (_, text) => {
    const file = await written(await temporaryFolder(), 'token', text)
    expect(() => readSecret({ ...source, file })).toThrow(
      `tokenFile is ${file}, which does not hold one line of text`,
    )
  })

  it('does not wait for the writer of a pipe, nor read a device without an end', async () => {
    const pipe = join(await temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const file of [pipe, '/dev/zero', '/']) {
      expect(() => readSecret({ ...source, file })).toThrow(
        `tokenFile is ${file}, which cannot be read: it is not a regular file`,
      )
    }
  })

  it('names field and file when it cannot be read', () => {
    expect(() => readSecret({ ...source, file: '/nowhere/token' })).toThrow(
      /^tokenFile is \/nowhere\/token, which cannot be read/,
    )
  })
})
