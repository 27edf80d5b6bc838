import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder, readSources } from '../../support/source-files.ts'

/** `join(root, 'test', …)` of plain words. */
const NAMED = /join\(root, ('(?:test|src|deploy)'(?:, '[^']+')*)\)/g

it('names only files of the repository that are there, lest a run fail after minutes', () => {
  const missing = readSources('test/bench').flatMap(({ path, text }) =>
    [...text.matchAll(NAMED)]
      .map(([, words]) => words!.replaceAll("', '", '/').replaceAll("'", ''))
      .filter((named) => !existsSync(join(projectFolder, named)))
      .map((named) => `${path} names ${named}`),
  )
  expect(missing).toEqual([])
})
