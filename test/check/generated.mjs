/** The files that are written by the program from something else, and whether they are up to date. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi30 } from './openapi-3.0.mjs'
import { root } from './root.mjs'
import { xsoarPlaybooks } from './xsoar-playbooks.mjs'
import { runProgram } from './steps.mjs'

const generated = {
  'openapi/contract.d.ts': contract,
  'deploy/config.reference.yaml': async () => (await configuration()).referenceYaml(),
  'deploy/config.schema.json': async () => (await configuration()).configJsonSchema(),
  'deploy/event-fields.md': async () =>
    (await import('../../dist/forward/formats/field-table.js')).fieldTable(),
  'deploy/features.md': async () =>
    (await import('../../dist/feature/feature-table.js')).featureTable(),
  'deploy/elastic/index-template.json': async () => (await templates()).ecsIndexTemplate(),
  'deploy/elastic/flow-index-template.json': async () => (await templates()).flowIndexTemplate(),
  'deploy/elastic/dashboard.ndjson': async () =>
    lines((await import('../../deploy/elastic/content/dashboard.mjs')).savedObjects()),
  'deploy/elastic/detection-rules.ndjson': async () =>
    lines((await import('../../deploy/elastic/content/rules.mjs')).detectionRules()),
  'deploy/soar/picket-openapi-3.0.json': async () => {
    const { parse } = await import('yaml')
    const document = parse(readFileSync(join(root, 'openapi/picket.yaml'), 'utf8'))
    return `${JSON.stringify(openApi30(document), null, 2)}\n`
  },
  'deploy/soar/cortex-xsoar/integration-Picket.yml': async () =>
    (await import('./xsoar-integration.mjs')).xsoarIntegration(),
  ...Object.fromEntries(
    Object.keys(xsoarPlaybooks()).map((path) => [path, async () => xsoarPlaybooks()[path]]),
  ),
}

/** Where they are. */
export const GENERATED = Object.keys(generated)

/** A step of the check: fails with the names of the files that are not what would be generated. */
export async function staleFiles() {
  const stale = []
  try {
    for (const [path, generate] of Object.entries(generated)) {
      const present = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
      if (present !== (await generate())) stale.push(path)
    }
  } catch (failure) {
    return { passed: 0, failed: 1, output: String(failure) }
  }
  if (stale.length === 0) return { passed: 1, failed: 0 }
  const cure = 'write them anew with `npm run generate`, and commit them'
  return { passed: 0, failed: 1, output: `not up to date: ${stale.join(', ')}\n${cure}` }
}

/** Writes the named generated files anew. */
export async function writeGenerated(...paths) {
  for (const path of paths) {
    writeFileSync(join(root, path), await generated[path]())
    process.stdout.write(`${path}\n`)
  }
}

/** NDJSON, as Kibana imports it. */
function lines(objects) {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('')
}

async function configuration() {
  return await import('../../dist/config/reference.js')
}

async function templates() {
  return await import('../../dist/forward/formats/ecs-template.js')
}

async function contract() {
  const folder = mkdtempSync(join(tmpdir(), 'picket-generate-'))
  try {
    const file = join(folder, 'contract.d.ts')
    const argv = ['openapi/picket.yaml', '--output', file]
    const { code, output } = await runProgram('openapi-typescript', argv, 1)
    if (code !== 0) throw new Error(output)
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
