/** A fresh Debian in a folder, entered with chroot from inside a test host: for what a package does to a system. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { inject } from 'vitest'
import type { Outcome, TestHost } from '../namespace.ts'

export interface DebianRoot {
  readonly folder: string
  /** Runs a command inside, in the host's network, to its end. */
  run(host: TestHost, command: string, ...args: string[]): Promise<Outcome>
  /** Copies a file to `/tmp` inside and gives its path there. */
  bring(path: string): string
  remove(): void
}

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' }

/** Copies the suite's Debian 12. Needs root. */
export function freshDebian(): DebianRoot {
  const folder = mkdtempSync(join(tmpdir(), 'picket-debian-'))
  const processes = join(folder, 'proc')
  const remove = (): void => {
    spawnSync('umount', [processes])
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    mustSucceed('cp', ['-a', `${inject('debianBase')}/.`, folder])
    mustSucceed('mount', ['-t', 'proc', 'proc', processes])
  } catch (error) {
    remove()
    throw error
  }
  return {
    folder,
    remove,
    run: (host, command, ...args) =>
      host.run('chroot', [folder, command, ...args], { timeoutMs: 60_000, env: ENVIRONMENT }),
    bring(path) {
      copyFileSync(path, join(folder, 'tmp', basename(path)))
      return join('/tmp', basename(path))
    },
  }
}

function mustSucceed(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}\n${stderr}`)
}
