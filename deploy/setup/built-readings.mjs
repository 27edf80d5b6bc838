/** Reads the YAML that comes with Picket once, at the build, so that no start has to; see src/core/files/built-readings.ts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What is read, and what a build that is not to be repeated was made from besides the sources. */
export const readFolders = ['deploy/rules', 'openapi']

/** What is written, in `dist`. */
export const readings = {
  rules: 'rule-trees.json',
  document: 'api-document.json',
}

/** Writes the readings beside the compiled sources, each file as pairs of a text and what it says. */
export async function writeReadings(root) {
  const yaml = await import(pathToFileURL(join(root, 'dist/core/schema/yaml.js')).href)
  const write = (name, pairs) => writeFileSync(join(root, 'dist', name), JSON.stringify(pairs))
  const rules = readdirSync(join(root, 'deploy/rules')).filter((name) => name.endsWith('.yaml'))
  const trees = rules.sort().flatMap((name) => {
    const text = readFileSync(join(root, 'deploy/rules', name), 'utf8')
    const { trees, faults } = yaml.readYamlTrees(text)
    // What has faults is read, and told of, at each start.
    return faults.length > 0 ? [] : [[text, trees]]
  })
  write(readings.rules, trees)
  const document = readFileSync(join(root, 'openapi/picket.yaml'), 'utf8')
  write(readings.document, [[document, yaml.parseYaml(document)]])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeReadings(fileURLToPath(new URL('../..', import.meta.url)))
}
