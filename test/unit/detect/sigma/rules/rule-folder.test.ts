import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderState, readFolder } from '../../../../../src/detect/sigma/rule-folder.ts'

async function folderWith(...files: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-rules-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const file of files) await writeFile(join(folder, file), `title: ${file}\n`)
  return folder
}

const filesOf = (folder: string): readonly string[] =>
  readFolder(folder, 'user').texts.map(({ file }) => basename(file))

describe('a folder of rules', () => {
  it('with links in a circle is read once', async () => {
    const folder = await folderWith('a.yml')
    await symlink('.', join(folder, 'loop'))
    await symlink('self.yml', join(folder, 'self.yml'))
    expect(filesOf(folder)).toEqual(['a.yml'])
    expect(folderState(folder).split('\n')).toHaveLength(1)
  })

  it('is read through links to folders and files', async () => {
    const elsewhere = await folderWith('b.yml')
    const folder = await folderWith('a.yml')
    await symlink(elsewhere, join(folder, 'team'))
    expect(filesOf(folder)).toEqual(['a.yml', 'b.yml'])
  })

  it('as orchestrators mount it gives each rule once, not again from its hidden folder', async () => {
    const folder = await folderWith()
    await mkdir(join(folder, '..2026_01'))
    await writeFile(join(folder, '..2026_01', 'a.yml'), 'title: a\n')
    await symlink('..2026_01', join(folder, '..data'))
    await symlink('..data/a.yml', join(folder, 'a.yml'))
    expect(filesOf(folder)).toEqual(['a.yml'])
  })

  it('says which files are left out when it has too many', async () => {
    const names = Array.from({ length: 1002 }, (_, at) => `r${String(at).padStart(4, '0')}.yml`)
    const folder = await folderWith(...names)
    const { texts, faults } = readFolder(folder, 'user')
    expect(texts).toHaveLength(1000)
    expect(faults.map(({ file, reason }) => `${basename(file)} ${reason}`)).toEqual([
      'r1000.yml is left out: there are more than 1000 files',
      'r1001.yml is left out: there are more than 1000 files',
    ])
  })
})
