import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packagedFile } from '../../src/core/files/package-root.ts'

/** What the agent writes to standard error, which systemd says is the stream that `named` gives. */
function saidTo(named: (stream: string) => string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'picket-journal-'))
  const file = join(folder, 'stderr')
  const stderr = openSync(file, 'w')
  const { dev, ino } = fstatSync(stderr)
  const argv = [packagedFile('dist/main.js'), 'start', '--config', join(folder, 'missing.yaml')]
  const env = { ...process.env, JOURNAL_STREAM: named(`${dev}:${ino}`) }
  spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', stderr], env })
  closeSync(stderr)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  rmSync(folder, { recursive: true })
  return lines
}

it('tells journald that a failure is an error, in each of its lines', () => {
  const lines = saidTo((stream) => stream)
  expect(lines[0]).toMatch(/^<3>picket: cannot read the configuration/)
  expect(lines.slice(1).every((line) => line.startsWith('<3>'))).toBe(true)
})

it('marks nothing where systemd has given the output away to somebody else', () => {
  expect(saidTo(() => '9:1').join('\n')).toMatch(/^picket: cannot read the configuration/)
})
