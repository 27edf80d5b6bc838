/** Joins the modules of each program to a few files: Node takes half as long to load these as to find hundreds. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Packages that are many small modules; the others are found in node_modules when they are needed. */
const joined = ['@hono/node-server', '@sinclair/typebox', 'commander', 'hono', 'openapi-fetch']
/** What several programs share, under `dist`. */
const sharedFolder = 'chunks'

/** Writes the programs over their compiled first modules in `dist`. */
export async function bundle(root) {
  // Whoever sets up a fresh clone reads this file before any package is there.
  const { rolldown } = await import('rolldown')
  const programs = await programsOf(root)
  const input = Object.fromEntries(programs.map((name) => [name, join(root, 'src', `${name}.ts`)]))
  const build = await rolldown({ cwd: root, platform: 'node', input, external: isExternal })
  rmSync(join(root, 'dist', sharedFolder), { recursive: true, force: true })
  await build.write({
    dir: join(root, 'dist'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: `${sharedFolder}/[name].js`,
  })
  await build.close()
}

/** What of `dist` is needed to run, relative to it; `bundle` has been there before. */
export async function programFiles(root) {
  const programs = await programsOf(root)
  return [...programs.map((name) => `${name}.js`), sharedFolder]
}

async function programsOf(root) {
  const module = pathToFileURL(join(root, 'dist/core/process/programs.js')).href
  return (await import(module)).PROGRAMS
}

function isExternal(id) {
  if (/^[./]/.test(id)) return false
  return !joined.some((name) => id === name || id.startsWith(`${name}/`))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle(fileURLToPath(new URL('../..', import.meta.url)))
}
