/** Files that results go to. `/dev/full` is a disk without room, of the kernel's own making. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { replaceFile } from '../../../../src/core/files/replace-file.ts'
import { openOutput } from '../../../../src/cli/print/output-file.ts'
import { memoryTerminal, run } from '../../../support/memory-terminal.ts'
import { batchOf, flow, openedRecord, temporaryFolder } from '../../../support/record.ts'

describe('a result that cannot be written', () => {
  test('for want of room is a failure, not wrong usage', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    record.flows.append(batchOf(flow()))
    await record.flows.flush()
    await record.close()
    const argv = ['export', 'flows', '--data-dir', folder]
    const full = await run(...argv, '-o', '/dev/full')
    expect(full.err).toContain('picket: /dev/full cannot be written: ENOSPC')
    expect(full.err).toContain('hint: make room there')
    expect(full.exitCode).toBe(1)
    const wrongPlace = await run(...argv, '-o', '/nowhere/at/all.csv')
    expect(wrongPlace).toMatchObject({ exitCode: 2 })
    expect(wrongPlace.err).toContain('hint: name a file that you may write with --output')
  })

  test('is told as soon as there is something to write', async () => {
    const output = await openOutput('/dev/full', memoryTerminal())
    await expect(output.write('a line\n')).rejects.toMatchObject({ code: 'ERR_OUTPUT_WRITE' })
    await output.close()
  })

  test('leaves no half of itself', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'model.json'))
    expect(() => replaceFile(join(folder, 'model.json'), '{}', 0o600)).toThrow()
    expect(readdirSync(folder)).toEqual(['model.json'])
  })
})

test.each(['/dev/null/models/forest.json', '/tmp'])(
  'where a forest cannot go (%s) is said before it is trained',
  async (out) => {
    const folder = await temporaryFolder()
    // Were it trained first, the missing captures would be what is told.
    const { exitCode, err } = await run(
      ...['train', '--truth', join(folder, 'none.json'), '--captures', folder, '--out', out],
      ...['--data-dir', folder],
    )
    expect(err).toContain(`picket: ${out} cannot be written: `)
    expect(exitCode).toBe(2)
  },
)
