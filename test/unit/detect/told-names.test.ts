import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FAMILIES, KINDS } from '../../../src/detect/detection.ts'
import { projectFolder } from '../../support/source-files.ts'

/** `a.{b,c}` as `a.b` and `a.c`. */
function expanded(pattern: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(pattern)
  if (braces === null) return [pattern]
  return braces[1]!.split(',').flatMap((part) => expanded(pattern.replace(braces[0], part)))
}

/** What the README's table of kinds names, as expressions: `.udp` goes on from its family, capitals stand for any word. */
function kindsOfReadme(): RegExp[] {
  const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8')
  const rows = readme.split('\n').filter((line) => FAMILIES.some((family) => line.startsWith(`| \`${family}\` `))) // prettier-ignore
  return rows.flatMap((row) => {
    const [, family = '', kinds = ''] = row
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
    const patterns = kinds.split(/,\s+|\s+\([^)]*\),?\s*/).filter((pattern) => pattern !== '')
    const whole = patterns.map((pattern) => (pattern.startsWith('.') ? family + pattern : pattern))
    return whole.flatMap(expanded).map((kind) => {
      const escaped = kind.replaceAll('.', '\\.').replace(/[A-Z]+|\*/g, '[a-z0-9.-]+')
      return new RegExp(`^${escaped}$`)
    })
  })
}

it('are all in the table of the README', () => {
  const named = kindsOfReadme()
  expect(named.length).toBeGreaterThan(100)
  expect(KINDS.filter((kind) => !named.some((pattern) => pattern.test(kind)))).toEqual([])
})

it('begin with a family, and stand in its order', () => {
  const families = KINDS.map((kind) => kind.split('.')[0])
  expect([...new Set(families)].filter((family) => !FAMILIES.some((one) => one === family))).toEqual([]) // prettier-ignore
  expect([...new Set(KINDS)]).toHaveLength(KINDS.length)
})
