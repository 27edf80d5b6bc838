/** The shipped rules as the build read them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUILT_RULE_TREES } from '../../../../../src/core/files/built-readings.ts'
import { packagedFile } from '../../../../../src/core/files/package-root.ts'
import { readYamlTrees } from '../../../../../src/core/schema/yaml.ts'
import { SHIPPED_RULES } from '../../../../../src/detect/sigma/rule-folder.ts'
import { readRuleTrees } from '../../../../../src/detect/sigma/source/rule-trees.ts'

const folder = packagedFile(SHIPPED_RULES)
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))

test('every shipped rule was read at the build, and as its text stands now', () => {
  const built = new Map(JSON.parse(readFileSync(packagedFile(BUILT_RULE_TREES), 'utf8')) as [])
  expect([...built.keys()].sort()).toEqual([...texts].sort())
  for (const text of texts) expect(readRuleTrees(text)).toEqual(readYamlTrees(text))
})

test('a rule that was changed since is read anew, faults and all', () => {
  const changed = `${texts[0]!}\n---\ntitle: [\n`
  expect(readRuleTrees(changed)).toEqual(readYamlTrees(changed))
  expect(readRuleTrees(changed).faults).toHaveLength(1)
})
