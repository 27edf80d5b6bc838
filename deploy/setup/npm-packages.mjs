/** The npm packages of the lock file, and the native addons among them, which are compiled here. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hasFailed, noteFailed } from './failed-addons.mjs'
import { isInstalled, isWritable, lastLines, run, say, SetupError, step } from './ground.mjs'

/** As in src/record/sqlite/driver.ts: the one needs Node-API 10 and brings its native part along, the other is compiled. */
export const sqlitePackage =
  Number(process.versions.napi) >= 10 ? 'better-sqlite3-node-api' : 'better-sqlite3'

/** Package → how to load its native part, and what is lost without it where that can be borne. */
const addons = {
  [sqlitePackage]: { load: `new (require('${sqlitePackage}'))(':memory:')` },
  cap: { load: "require('cap')", loss: 'live capture will use tcpdump alone' },
  'unix-dgram': {
    load: "require('unix-dgram')",
    loss: 'neither events nor the operational log can go to /dev/log',
  },
}
/** Also where a configuration leaves such packages out: the build needs the one kind, SQLite on newer Nodes the other. */
const included = ['--include=dev', '--include=optional']
const pcapHeader = '/usr/include/pcap/pcap.h'

/** Makes node_modules what package-lock.json says, where it is not yet so. */
export async function installNpmPackages(root) {
  if (isAsLocked(root)) return
  await step('installing the npm packages', async () => {
    // Scripts apart: the one addon that may fail (cap) must not take the others with it.
    const { code, output } = await npm(root, 'ci', '--ignore-scripts', ...included)
    if (code === 0) return
    const hint = 'is the npm registry within reach (`npm ping`), and is there room on the disk?'
    throw new SetupError(`npm ci failed:\n${lastLines(output)}`, hint)
  })
}

/** Compiles the native addons that can't be loaded yet; one that could not be is tried again only where `isRetried`. */
export async function buildAddons(root, { isRetried }) {
  for (const name of await addonsMissing(root)) {
    const { loss } = addons[name]
    if (!isRetried && hasFailed(root, name)) continue
    if (name === 'cap' && !existsSync(pcapHeader)) {
      say(`• cap not compiled (libpcap-dev is not installed): ${loss}`)
      continue
    }
    const time = loss === undefined ? ' (a minute or two)' : ''
    const isBuilt = await step(`compiling ${name}${time}`, async () => {
      const { code, output } = await npm(root, 'rebuild', name)
      if (code === 0 && (await isLoadable(root, name))) return true
      if (loss !== undefined) return false
      throw code === 0 ? await misfit(root, name) : addonFailure(name, output)
    })
    if (isBuilt) continue
    noteFailed(root, name)
    say(`  but it can't be loaded: ${loss} (npm run setup tries again)`)
  }
}

/** Lists the addons that this Node can't load. Cost: one short child process when all is well. */
export async function addonsMissing(root) {
  const names = Object.keys(addons).filter((name) => name !== 'unix-dgram' || has(root, name))
  if (await isLoadable(root, ...names)) return []
  const states = await Promise.all(names.map(async (name) => await isLoadable(root, name)))
  return names.filter((_, index) => !states[index])
}

const has = (root, name) => existsSync(join(root, 'node_modules', name))

async function isLoadable(root, ...names) {
  return (await load(root, names)).code === 0
}

async function load(root, names) {
  const source = names.map((name) => addons[name].load).join(';')
  return await run(process.execPath, ['-e', source], { cwd: root })
}

/** What compiles and can't be loaded was made for another Node.js: by its headers, most likely. */
async function misfit(root, name) {
  const { output } = await load(root, [name])
  const why =
    /^\w*Error: (.*?)(?=\n +at )/ms.exec(output)?.[1].replace(/\s+/g, ' ') ?? output.trim()
  const nodedir = process.env.npm_config_nodedir
  return new SetupError(
    `${name} was compiled, but Node.js ${process.versions.node} can't load it: ${why}`,
    nodedir === undefined
      ? 'are the headers that it was compiled with those of this Node.js?'
      : `npm is told to take the headers in ${nodedir} (nodedir); give those of this Node.js, or \`npm config delete nodedir\``,
  )
}

function addonFailure(name, output) {
  return new SetupError(
    `${name} could not be compiled:\n${lastLines(output)}`,
    'it needs a C++ compiler, make, python3 and the headers of this Node.js',
  )
}

/** Compares with what npm noted down itself, so that an install by hand counts as well. */
function isAsLocked(root) {
  const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages
  const note = 'node_modules/.package-lock.json'
  if (!existsSync(join(root, note))) return false
  const installed = read(note)
  return Object.entries(read('package-lock.json')).every(([path, { version, optional }]) => {
    if (path === '') return true
    const present = installed[path]
    if (present) return present.version === version
    return optional === true && path !== `node_modules/${sqlitePackage}`
  })
}

async function npm(root, ...argv) {
  const cache = npmCache()
  const env = { ...process.env, ...nodeHeaders(), ...cache.env }
  // Under npm, its own program is named; so no other npm on the PATH gets in the way.
  const cli = process.env.npm_execpath
  const isNpm = cli?.endsWith('npm-cli.js') === true
  if (!isNpm && !isInstalled('npm')) {
    throw new SetupError('npm is not installed', 'install npm 10 or newer beside Node.js')
  }
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier']
  try {
    return isNpm
      ? await run(process.execPath, [cli, ...argv, ...quiet], { cwd: root, env })
      : await run('npm', [...argv, ...quiet], { cwd: root, env })
  } finally {
    cache.remove()
  }
}

/** A cache for npm where the usual one can't be written (no home, or a read-only one). */
function npmCache() {
  const usual = process.env.npm_config_cache ?? join(homedir(), '.npm')
  if (isWritable(existsSync(usual) ? usual : dirname(usual))) return { env: {}, remove() {} }
  const folder = mkdtempSync(join(tmpdir(), 'picket-npm-'))
  return {
    env: { npm_config_cache: folder, npm_config_logs_max: '0', HOME: folder },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Points node-gyp at the headers installed with this Node, if any: it would download them. */
function nodeHeaders() {
  const folder = dirname(dirname(process.execPath))
  const header = join(folder, 'include/node/node_version.h')
  if (process.env.npm_config_nodedir || !existsSync(header)) return {}
  const text = readFileSync(header, 'utf8')
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1]
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(part).join('.')
  return version === process.versions.node ? { npm_config_nodedir: folder } : {}
}
