import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTcpdump } from '../../../src/capture/index.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-path-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('tcpdump', () => {
  it('is taken from the first directory of PATH that has it', () => {
    const path = join(directory, 'tcpdump')
    writeFileSync(path, '')
    expect(findTcpdump(`/nonexistent:${directory}`)).not.toBe(path)
    chmodSync(path, 0o755)
    expect(findTcpdump(`/nonexistent:${directory}`)).toBe(path)
  })

  it('is never a directory of that name, nor one found from the working directory', () => {
    const folder = join(directory, 'folder')
    mkdirSync(join(folder, 'tcpdump'), { recursive: true })
    expect(findTcpdump(folder)).not.toBe(join(folder, 'tcpdump'))
    expect(findTcpdump('.:bin')).not.toMatch(/^\.|^bin/)
  })
})
