/** Which npm packages run with Picket, read from the lock file, and which of their files. */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { sqlitePackage } from '../setup/npm-packages.mjs'

/** Packages that only compile or fetch an addon, which the package carries compiled. */
const onlyToInstall = ['prebuild-install', 'nan', 'node-addon-api']
/** What the Node that the package carries would not load. */
const forOtherNodes = ['better-sqlite3', 'better-sqlite3-node-api'].filter(
  (name) => name !== sqlitePackage,
)
/** Pages, types, tests and what hangs around them: none of it is ever loaded. */
const unused = [
  /\.(md|markdown|map|ts|cts|mts)$/i,
  /^(test|tests|benchmark|bench|perf|docs?|examples?|man)(\/|$)/,
  /(^|\/)\.[^/]+/,
]
/** Of a native addon only what is compiled and the JavaScript around it. */
const unusedOfAddons = [
  /^(deps|src)(\/|$)/,
  /^build\/Release\/(obj|\.deps|test_extension)/,
  /^build\/[^R]/,
  new RegExp(`^prebuilds/(?!linux-${process.arch}\\.)`),
  /Makefile$/,
  /\.(gyp|gypi|a)$/,
]
const addons = ['better-sqlite3', 'cap', 'unix-dgram']

/**
 * The packages under `node_modules` that the program needs when it runs.
 *
 * Shape: `[{ name, version, path, licence }]`, paths relative to `root`, in order.
 */
export function productionPackages(root) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const found = new Map()
  const add = (from, names) => {
    for (const name of names) {
      if (onlyToInstall.includes(name) || forOtherNodes.includes(name)) continue
      const path = resolved(lock, from, name)
      if (path === null || found.has(path) || !existsSync(join(root, path))) continue
      const { version, dependencies, optionalDependencies, license } = lock[path]
      // An alias is known to the world by its true name.
      const ownName = lock[path].name ?? name
      found.set(path, { name: ownName, version, path, licence: license ?? null })
      add(path, Object.keys({ ...dependencies, ...optionalDependencies }))
    }
  }
  const { dependencies, optionalDependencies } = lock['']
  add('', Object.keys({ ...dependencies, ...optionalDependencies }))
  return [...found.values()].sort((one, other) => (one.path < other.path ? -1 : 1))
}

/** Where Node would find a package that `from` asks for. */
function resolved(lock, from, name) {
  for (let folder = from; ; folder = dirname(dirname(folder))) {
    const path = join(folder === '.' ? '' : folder, 'node_modules', name)
    if (lock[path]) return path
    if (folder === '' || folder === '.') return null
  }
}

/** Copies one package, without what never runs and without the packages that lie inside it. */
export function copyPackage(root, { name, path }, target) {
  const barred = [...unused, ...(addons.includes(name) ? unusedOfAddons : [])]
  const source = join(root, path)
  cpSync(source, join(target, path), {
    recursive: true,
    dereference: true,
    filter: (file) => {
      const inside = relative(source, file).split(sep).join('/')
      if (inside === '') return true
      if (inside === 'node_modules') return false
      return !barred.some((pattern) => pattern.test(inside))
    },
  })
}
