/** Reads the shipped rules' YAML once, at the build, so that no start has to; see src/detect/sigma/source/rule-trees.ts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const shippedRules = 'deploy/rules'

/** Writes the trees beside the compiled sources. */
export async function writeRuleTrees(root) {
  const dist = (path) => join(root, 'dist', path)
  const { readYamlTrees } = await import(pathToFileURL(dist('core/yaml.js')).href)
  const files = readdirSync(join(root, shippedRules)).filter((name) => name.endsWith('.yaml'))
  const pairs = files.sort().flatMap((name) => {
    const text = readFileSync(join(root, shippedRules, name), 'utf8')
    const { trees, faults } = readYamlTrees(text)
    // What has faults is read, and told of, at each start.
    return faults.length > 0 ? [] : [[text, trees]]
  })
  writeFileSync(dist('rule-trees.json'), JSON.stringify(pairs))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeRuleTrees(fileURLToPath(new URL('../..', import.meta.url)))
}
