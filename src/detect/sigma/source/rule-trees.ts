/**
 * The YAML of rules as trees. Those that come with Picket were read when it was built: to read them takes longer than
 * all else that a sensor does at its start.
 */
import { readFileSync } from 'node:fs'
import { packagedFile } from '../../../core/package-root.ts'
import { readYamlTrees, type YamlNode } from '../../../core/yaml.ts'

type RuleTrees = ReturnType<typeof readYamlTrees>

/** Written by deploy/setup/rule-trees.mjs: pairs of a text and its trees. */
export const BUILT_TREES = 'dist/rule-trees.json'

let built: ReadonlyMap<string, readonly YamlNode[]> | null = null

/** As `readYamlTrees`; a text that was read at the build, to the last character, is not read again. */
export function readRuleTrees(text: string): RuleTrees {
  built ??= builtTrees()
  const trees = built.get(text)
  return trees === undefined ? readYamlTrees(text) : { trees, faults: [] }
}

/** None where Picket runs from its sources, or was compiled by hand. */
function builtTrees(): ReadonlyMap<string, readonly YamlNode[]> {
  try {
    return new Map(JSON.parse(readFileSync(packagedFile(BUILT_TREES), 'utf8')) as [])
  } catch {
    return new Map()
  }
}
