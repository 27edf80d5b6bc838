/** The YAML of rules as trees; the shipped ones were read at the build. */
import { BUILT_RULE_TREES, builtReadings } from '../../../core/files/built-readings.ts'
import { readYamlTrees, type YamlNode } from '../../../core/schema/yaml.ts'

let built: ReadonlyMap<string, readonly YamlNode[]> | null = null

/** As `readYamlTrees`; a text that was read at the build, to the last character, is not read again. */
export function readRuleTrees(text: string): ReturnType<typeof readYamlTrees> {
  built ??= builtReadings<readonly YamlNode[]>(BUILT_RULE_TREES)
  const trees = built.get(text)
  return trees === undefined ? readYamlTrees(text) : { trees, faults: [] }
}
