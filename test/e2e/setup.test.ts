/** The set-up as `npm start` runs it, on a machine where all is in place. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packagedFile, VERSION } from '../../src/core/files/package-root.ts'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const folder = mkdtempSync(join(tmpdir(), 'picket-setup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function setup(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const argv = [packagedFile('deploy/setup.mjs'), ...args]
  return await new Promise((resolve) => {
    const options = { cwd: packagedFile('.'), env: { ...process.env, ...env } }
    const child = execFile(process.execPath, argv, options, (_failure, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
    child.stdin?.end()
  })
}

describe('the set-up', () => {
  it('says nothing where nothing is missing: standard output is the program’s own', async () => {
    const outcome = await setup(['start', '--version'])
    expect(outcome).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
  })

  it('works without a home folder', async () => {
    const outcome = await setup(['start', '--version'], { HOME: '/nonexistent' })
    expect(outcome).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
  })

  it('reads files from where the user called npm, not from the project', async () => {
    copyFileSync(packagedFile('test/data/demo.pcap'), join(folder, 'mine.pcap'))
    const args = ['start', 'replay', 'mine.pcap', '--json', '--data-dir', join(folder, 'data')]
    const npm = { npm_lifecycle_event: 'start', INIT_CWD: folder }
    const { code, stdout } = await setup(args, npm)
    expect(code).toBe(0)
    expect(stdout).toContain('"scan.vertical.syn"')
  })

  it('hands on the exit code', async () => {
    expect((await setup(['start', 'no-such-command'])).code).toBe(2)
  })

  it('refuses a purpose it does not know', async () => {
    const { code, stderr } = await setup(['strat'])
    expect(code).toBe(2)
    expect(stderr).toContain('unknown purpose strat')
  })
})
