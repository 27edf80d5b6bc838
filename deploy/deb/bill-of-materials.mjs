/** The software bill of materials (CycloneDX 1.5, JSON): what the package carries, the same for the same sources. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes the bill to `files.bill` under `stage`. */
export function writeBill({ root, stage, epoch, version, packages, files }) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const components = [
    runtime(stage),
    ...packages.map((found) => component(found, lock[found.path])),
  ]
  const content = {
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        ...{ type: 'application', 'bom-ref': `picket@${version}`, name: 'picket', version },
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components,
  }
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  }
  mkdirSync(dirname(join(stage, files.bill)), { recursive: true })
  writeFileSync(join(stage, files.bill), `${JSON.stringify(bill, null, 2)}\n`)
}

function runtime(stage) {
  const { node: version } = process.versions
  const sha256 = createHash('sha256').update(readFileSync(join(stage, 'opt/picket/bin/node')))
  return {
    ...{ type: 'platform', 'bom-ref': `nodejs@${version}`, name: 'nodejs', version },
    hashes: [{ alg: 'SHA-256', content: sha256.digest('hex') }],
    licenses: [{ license: { id: 'MIT' } }],
    purl: `pkg:generic/nodejs@${version}`,
  }
}

function component({ name, version, licence }, { integrity = '' }) {
  const sha512 = /^sha512-(.+)$/.exec(integrity)?.[1]
  const hashes = [{ alg: 'SHA-512', content: Buffer.from(sha512 ?? '', 'base64').toString('hex') }]
  return {
    ...{ type: 'library', 'bom-ref': `${name}@${version}`, name, version },
    ...(sha512 ? { hashes } : {}),
    ...(licence ? { licenses: [{ expression: licence }] } : {}),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  }
}

/** A UUID (version 8, RFC 9562) made of a text's hash: random ones would differ from build to build. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x80
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}
