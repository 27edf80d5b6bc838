/** A fresh Debian that is booted: systemd as its first process, in a container, on a test host's network. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { inject } from 'vitest'
import { until } from '../../await-until.ts'
import type { Outcome, TestHost } from '../namespace.ts'

export interface BootedDebian {
  readonly folder: string
  /** A program that runs a command inside: `ENTER FOLDER COMMAND ARGS`, as chroot is called. */
  readonly enter: string
  /** Runs a command inside to its end; a failure is an outcome. */
  run(command: string, ...args: string[]): Promise<Outcome>
  stop(): Promise<void>
}

/** Several boot at once, on whatever the machine has left. */
const BOOT = { withinMs: 90_000 }
/** What would only cost time: nothing of it is tried. */
const UNUSED = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'e2scrub_all.timer']

/** Boots a copy of the suite's Debian 12 on the host's network. Needs root and systemd-nspawn. */
export async function bootDebian(host: TestHost): Promise<BootedDebian> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-booted-'))
  const copied = spawnSync('cp', ['-a', `${inject('debianBase')}/.`, folder])
  if (copied.status !== 0) throw new Error(String(copied.stderr))
  writeFileSync(join(folder, 'etc/hostname'), `${basename(folder).toLowerCase()}\n`)
  spawnSync('systemctl', ['--root', folder, 'mask', ...UNUSED])
  const container = startContainer(folder, host)
  const leader = await until('the container has begun', () => childOf(container), BOOT).catch(
    (error: unknown) => {
      container.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
      throw error
    },
  )
  const enter = writeEnter(folder, leader)
  const run = (command: string, ...args: string[]): Promise<Outcome> =>
    outcomeOf(enter, [folder, command, ...args])
  const stop = async (): Promise<void> => {
    if (container.exitCode === null && container.signalCode === null) {
      const ended = once(container, 'exit')
      container.kill('SIGKILL')
      process.kill(leader, 'SIGKILL')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
    rmSync(enter, { force: true })
  }
  try {
    const isUp = async (): Promise<true | null> => {
      const { stdout } = await run('systemctl', 'is-system-running')
      return /^(running|degraded)/.test(stdout) ? true : null
    }
    await until('systemd has started everything', isUp, BOOT)
  } catch (error) {
    await stop()
    throw error
  }
  return { folder, enter, run, stop }
}

/** Not registered with a manager: machines that test need not run systemd themselves. */
function startContainer(folder: string, { namespace }: TestHost): ChildProcess {
  const argv = [
    ...['--quiet', '--boot', '--register=no', '--keep-unit', `--directory=${folder}`],
    ...[`--machine=${basename(folder).toLowerCase()}`, '--console=pipe'],
    `--network-namespace-path=/run/netns/${namespace}`,
    '--capability=CAP_NET_ADMIN,CAP_NET_RAW',
  ]
  return spawn('systemd-nspawn', argv, { stdio: 'ignore' })
}

function childOf({ pid, exitCode }: ChildProcess): number | null {
  if (exitCode !== null) throw new Error(`systemd-nspawn ended with code ${exitCode}`)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return children === '' ? null : Number(children.split(' ')[0])
}

function writeEnter(folder: string, leader: number): string {
  const path = `${folder}.enter`
  writeFileSync(
    path,
    `#!/bin/sh\nshift\nexec nsenter --target ${leader} --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"\n`,
  )
  chmodSync(path, 0o755)
  return path
}

function outcomeOf(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { timeout: 120_000, killSignal: 'SIGKILL' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
