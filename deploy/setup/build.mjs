/** Compiles `src` to `dist` where the sources are not those that `dist` was made from. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { readFolders, writeReadings } from './built-readings.mjs'
import { bundle } from './bundle.mjs'
import { lastLines, run, SetupError, step } from './ground.mjs'

const alsoCompiledFrom = ['tsconfig.json', 'package-lock.json']

/**
 * Compiles, if anything changed, and removes what no source stands behind any more.
 *
 * `announce` wraps the work with words to the user; without it they go to stderr.
 */
export async function build(root, announce = step) {
  const stampFile = join(root, 'dist/.built-from')
  const stamp = sourcesStamp(root)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  await announce('building', async () => {
    rmSync(stampFile, { force: true })
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const argv = [compiler, '-p', 'tsconfig.json', '--pretty', 'false']
    const { code, output } = await run(process.execPath, argv, { cwd: root })
    if (code !== 0) {
      const hint = 'these are faults in src; mend them, or go back to a version that builds'
      throw new SetupError(`the sources do not compile:\n${lastLines(output)}`, hint)
    }
    removeStale(root)
    await writeReadings(root)
    await bundle(root)
    // So that a link to it, from /usr/local/bin say, is a command.
    if (existsSync(join(root, 'dist/main.js'))) chmodSync(join(root, 'dist/main.js'), 0o755)
    writeFileSync(stampFile, stamp)
  })
}

/** Notes each source's path, size and time: a file removed or taken back to an older one counts. */
function sourcesStamp(root) {
  const folders = ['src', ...readFolders].map((folder) => join(root, folder))
  const sources = folders.flatMap(filesUnder).map((path) => relative(root, path))
  const hash = createHash('sha256')
  for (const path of [...sources.sort(), ...alsoCompiledFrom]) {
    const file = statSync(join(root, path), { throwIfNoEntry: false })
    hash.update(`${path}\0${file?.size}\0${file?.mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function removeStale(root) {
  const compiled = filesUnder(join(root, 'dist')).filter((path) => /\.js(\.map)?$/.test(path))
  for (const path of compiled) {
    const source = relative(join(root, 'dist'), path).replace(/\.js(\.map)?$/, '.ts')
    if (!existsSync(join(root, 'src', source))) rmSync(path)
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}
