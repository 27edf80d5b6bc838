/** What the package puts where: Picket and its own Node under /opt/picket, the rest where Debian looks. */
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readings } from '../setup/built-readings.mjs'
import { programFiles } from '../setup/bundle.mjs'
import { lastLines, run, SetupError, isInstalled } from '../setup/ground.mjs'
import { sqlitePackage } from '../setup/npm-packages.mjs'
import { completion, configurationPage, manualPage } from './manual.mjs'
import { copyPackage, productionPackages } from './production-packages.mjs'

const home = 'opt/picket'
/** What the program reads beside its code; a page or two for people. */
export const shipped = [
  'package.json',
  'LICENSE',
  'README.md',
  'openapi/picket.yaml',
  'deploy/config.schema.json',
  'deploy/config.reference.yaml',
  'deploy/models',
  'deploy/rules',
  'deploy/README.md',
  'deploy/guide',
  'deploy/operations.md',
  'deploy/security.md',
  'deploy/event-fields.md',
  'deploy/features.md',
  'deploy/elastic',
  'deploy/splunk',
  'deploy/soar',
  'deploy/ansible',
  'deploy/container',
  'deploy/nats',
  'deploy/systemd',
]
const launcher = '#!/bin/sh\nexec /opt/picket/bin/node /opt/picket/dist/main.js "$@"\n'
const emptyConfiguration = `# Picket's configuration. What is not said here has its default: see picket.yaml(5), or
# /usr/share/doc/picket/config.reference.yaml, or \`picket config reference\`.
# After a change: picket config check && systemctl reload picket
`

/**
 * Lays the whole tree under `stage`.
 *
 * Shape: `{ version, packages, files: { bill }, conffiles, binaries }`, paths relative to `stage`.
 */
export async function layTree({ root, stage, version: wanted }) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const version = wanted ?? manifest.version
  const packages = productionPackages(root)
  const write = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(stage, path)), { recursive: true })
    writeFileSync(join(stage, path), content)
    chmodSync(join(stage, path), mode)
  }
  const built = [...(await programFiles(root)), ...Object.values(readings)]
  for (const path of [...shipped, ...built.map((name) => `dist/${name}`)]) {
    cpSync(join(root, path), join(stage, home, path), { recursive: true, filter: isNoMap })
  }
  write(`${home}/package.json`, `${JSON.stringify({ ...onlyToRun(manifest), version }, null, 2)}\n`)
  for (const found of packages) copyPackage(root, found, join(stage, home))
  const binaries = await layBinaries(stage, packages)
  write(`${home}/bin/picket`, launcher, 0o755)
  mkdirSync(join(stage, 'usr/bin'), { recursive: true })
  symlinkSync('../../opt/picket/bin/picket', join(stage, 'usr/bin/picket'))
  write('lib/systemd/system/picket.service', serviceUnit(root))
  write('etc/picket/picket.yaml', emptyConfiguration)
  layPapers({ root, stage, write, version, packages })
  return {
    ...{ version, packages, binaries },
    files: { bill: 'usr/share/doc/picket/picket.cdx.json' },
    conffiles: ['/etc/picket/picket.yaml'],
  }
}

const isNoMap = (path) => !path.endsWith('.map')

function onlyToRun({ name, version, description, license, type }) {
  return { name, version, description, license, type, private: true }
}

/** The unit of deploy/systemd, started with the Node that the package carries. */
function serviceUnit(root) {
  const unit = readFileSync(join(root, 'deploy/systemd/picket.service'), 'utf8')
  return unit
    .replaceAll('/usr/bin/env node /opt/picket/dist/main.js', '/opt/picket/bin/picket')
    .replace(/^# Installed by hand.*\n/m, '')
}

/** Node and the compiled addons, without their symbols: those name the folder they were compiled in. */
async function layBinaries(stage, packages) {
  const node = `${home}/bin/node`
  mkdirSync(join(stage, home, 'bin'), { recursive: true })
  cpSync(process.execPath, join(stage, node), { dereference: true })
  chmodSync(join(stage, node), 0o755)
  const compiled = {
    'better-sqlite3':
      sqlitePackage === 'better-sqlite3'
        ? 'build/Release/better_sqlite3.node'
        : `prebuilds/linux-${process.arch}.node`,
    cap: 'build/Release/cap.node',
    'unix-dgram': 'build/Release/unix_dgram.node',
  }
  const addons = packages
    .filter(({ name }) => compiled[name])
    .map(({ name, path }) => `${home}/${path}/${compiled[name]}`)
  const binaries = [node, ...addons]
  if (!isInstalled('strip')) {
    throw new SetupError('there is no strip here', 'install binutils (apt-get install binutils)')
  }
  for (const path of binaries) {
    const { code, output } = await run('strip', ['--strip-unneeded', join(stage, path)])
    if (code !== 0) {
      throw new SetupError(`strip failed:\n${lastLines(output)}`, 'run `npm run setup` first')
    }
  }
  return binaries
}

/** Manual pages, completion, licences. */
function layPapers({ root, stage, write, version, packages }) {
  const reference = readFileSync(join(root, 'deploy/config.reference.yaml'), 'utf8')
  const zipped = (text) => gzipSync(Buffer.from(text), { level: 9 })
  write('usr/share/man/man1/picket.1.gz', zipped(manualPage(version)))
  write('usr/share/man/man5/picket.yaml.5.gz', zipped(configurationPage(version, reference)))
  write('usr/share/bash-completion/completions/picket', completion())
  write('usr/share/doc/picket/config.reference.yaml', reference)
  write('usr/share/doc/picket/copyright', copyright(root, packages))
  write('usr/share/doc/picket/changelog.gz', zipped(readFileSync(join(root, 'CHANGELOG.md'))))
  mkdirSync(join(stage, 'usr/share/doc/picket'), { recursive: true })
}

function copyright(root, packages) {
  const lines = packages.map(
    ({ name, version, licence }) => ` ${name} ${version}: ${licence ?? 'see its folder'}`,
  )
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: picket',
    '',
    'Files: *',
    'Copyright: the authors of Picket',
    'License: Apache-2.0',
    ' On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.',
    '',
    'Comment: Carried along, each under its own licence (its text is in its folder):',
    ` Node.js ${process.versions.node}: MIT`,
    ...lines,
    '',
  ].join('\n')
}
