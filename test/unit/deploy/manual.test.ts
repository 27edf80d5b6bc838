/** The manual page says of each command what `--help` does. */
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'

const url = pathToFileURL(packagedFile('deploy/deb/manual.mjs')).href
const { manualPage } = (await import(url)) as { manualPage(version: string): string }

test('arguments, choices and defaults stand in the manual', () => {
  const lines = manualPage('1.2.3').replaceAll('\\-', '-').split('\n')
  const said = (heading: string) => lines[lines.indexOf(heading) + 1]
  expect(said('.B picket verdict <event> <verdict>')).toBe('say whether an event told of an attack')
  expect(said('.I verdict')).toBe('true-positive or false-positive')
  expect(said('.B --limit <n>')).toBe('the most to list (default: 100)')
  expect(said('.B --comment <text>')).toBe('whose it is, and why (required)')
  expect(said('.B --direction <way>')).toContain('(choices: "both", "in", "out")')
  expect(said('.B --to <hosts>')).toBe('all, group:NAME or host:NAME (default: all)')
})
