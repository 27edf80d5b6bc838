/** The build step of the set-up, on a project of two files. */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'

/** Stands for the reader of YAML that the build runs once it is compiled. */
const READER = `
export const readYamlTrees = (text: string) => ({ trees: [text], faults: [] })
export const parseYaml = (text: string) => text
`

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'picket-build-'))
  for (const folder of [
    'src/core/schema',
    'src/core/process',
    'src/detect',
    'deploy/rules',
    'openapi',
  ]) {
    mkdirSync(join(project, folder), { recursive: true })
  }
  symlinkSync(packagedFile('node_modules'), join(project, 'node_modules'))
  const paths = {
    module: 'NodeNext',
    rootDir: 'src',
    outDir: 'dist',
    rewriteRelativeImportExtensions: true,
  }
  const compilerOptions = { ...paths, types: [], lib: ['ES5'], skipLibCheck: true }
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }))
  write('package.json', '{ "type": "module" }')
  write('src/main.ts', 'export const answer: number = 42\n')
  write('src/other.ts', 'export const question = 6 * 9\n')
  write('src/core/schema/yaml.ts', READER)
  write('src/core/process/programs.ts', "export const PROGRAMS = ['main'] as const\n")
  write('deploy/rules/one.yaml', 'title: one')
  write('openapi/picket.yaml', 'openapi: 3.1.0')
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

function write(path: string, text: string): void {
  writeFileSync(join(project, path), text)
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(project, path), 'utf8'))

/** Builds the project in a process of its own, as the set-up does; gives what the user reads. */
async function build(): Promise<{ readonly code: number; readonly words: string }> {
  const module = pathToFileURL(packagedFile('deploy/setup/build.mjs')).href
  const ground = pathToFileURL(packagedFile('deploy/setup/ground.mjs')).href
  const script = `
    import { build } from '${module}'
    import { orExplain } from '${ground}'
    await orExplain(async () => await build(process.argv[1]))`
  const argv = ['--input-type=module', '-e', script, project]
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, argv, (_failure, _stdout, words) =>
      resolve({ code: child.exitCode ?? -1, words }),
    )
  })
}

describe('the build step', () => {
  it('compiles, and says nothing when nothing changed', async () => {
    expect((await build()).words).toMatch(/^• building …\n {2}done in [\d.]+ s\n$/)
    expect(existsSync(join(project, 'dist/main.js'))).toBe(true)
    expect(await build()).toEqual({ code: 0, words: '' })
  })

  it('reads the YAML that comes with Picket, and again once it was changed', async () => {
    const readings = () => [read('dist/rule-trees.json'), read('dist/api-document.json')]
    await build()
    expect(readings()).toEqual([
      [['title: one', ['title: one']]],
      [['openapi: 3.1.0', 'openapi: 3.1.0']],
    ])
    write('deploy/rules/two.yaml', 'title: two')
    await build()
    expect(readings()[0]).toHaveLength(2)
  })

  it('removes what no source stands behind any more, and leaves what it did not compile', async () => {
    await build()
    write('dist/picket.deb', 'made by something else')
    rmSync(join(project, 'src/other.ts'))
    await build()
    expect(existsSync(join(project, 'dist/other.js'))).toBe(false)
    expect(existsSync(join(project, 'dist/main.js'))).toBe(true)
    expect(existsSync(join(project, 'dist/picket.deb'))).toBe(true)
  })

  it('joins the modules of each program, and forgets what they shared before', async () => {
    const shared = "import { list } from './other.ts'\nexport const answer = list.length\n"
    write('src/other.ts', 'export const list: string[] = []\nlist[0] = String(list)\n')
    write('src/main.ts', shared)
    write('src/second.ts', shared)
    write('src/core/process/programs.ts', "export const PROGRAMS = ['main', 'second'] as const\n")
    expect((await build()).words).not.toContain('error')
    expect(readdirSync(join(project, 'dist/chunks'))).toContain('other.js')
    rmSync(join(project, 'dist/other.js'))
    expect(await import(join(project, 'dist/second.js'))).toMatchObject({ answer: 1 })
    write('src/second.ts', 'export const answer = 42\n')
    await build()
    expect(existsSync(join(project, 'dist/chunks/other.js'))).toBe(false)
  })

  it('names the faults of sources that do not compile, and tries again next time', async () => {
    write('src/main.ts', "export const answer: number = 'many'\n")
    const failed = await build()
    expect(failed.code).toBe(1)
    expect(failed.words).toContain('error: the sources do not compile')
    expect(failed.words).toContain('src/main.ts(1,14): error TS2322')
    write('src/main.ts', 'export const answer: number = 42\n')
    expect((await build()).code).toBe(0)
  })
})
