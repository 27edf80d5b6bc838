/** An sshd to guess passwords at, whose log is stamped as it is written; and a guesser with an address of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd, startOne } from '../../support/hosts/veth-pair.mjs'

const GUESSES_AT_ONCE = 4
const DATAGRAM_MS = 2
const PORT = 5353

/**
 * Starts sshd at the receiving end.
 *
 * Shape: `log` is the file that fail2ban reads; `failures` the times in ms at which each address was refused.
 */
export async function startSshd({ pair, folder }) {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const key = join(folder, 'host_key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const config = join(folder, 'sshd_config')
  const settings = [`HostKey ${key}`, 'PidFile none', 'UsePAM no', 'MaxStartups 200']
  writeFileSync(config, `${[...settings, 'PasswordAuthentication yes'].join('\n')}\n`)
  const log = join(folder, 'auth.log')
  writeFileSync(log, '')
  const failures = new Map()
  const argv = ['netns', 'exec', pair.receiver, '/usr/sbin/sshd', '-D', '-e', '-f', config]
  const sshd = spawn('ip', argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  let rest = ''
  sshd.stderr.on('data', (bytes) => {
    const lines = (rest + bytes).split(/\r?\n/)
    rest = lines.pop()
    for (const line of lines) stamp(line)
  })
  await new Promise((resolve) => sshd.stderr.once('data', resolve))
  return { log, failures, end: () => ended(sshd) }

  function stamp(line) {
    const nowMs = Date.now()
    appendFileSync(log, `${new Date(nowMs).toISOString()} victim sshd[1]: ${line}\n`)
    const from = /^Failed password for .* from (\S+) port/.exec(line)?.[1]
    if (from !== undefined) failures.set(from, [...(failures.get(from) ?? []), nowMs])
  }
}

function ended(child) {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return exit
}

/**
 * Guesses from the address until nothing of it arrives any more.
 *
 * Gives the time in ms of the last datagram that arrived; null where it was never kept out.
 */
export async function guessUntilKeptOut({ pair, folder, victim }, from, patienceMs = 30_000) {
  const link = pair.sendingInterface
  await runToEnd(pair.sender, 'ip', ['addr', 'add', `${from}/16`, 'dev', link])
  const sink = startOne(pair.receiver, process.execPath, ['-e', SINK, String(PORT), from])
  await sink.said(/ready/)
  const knock = [SOURCE, from, victim, String(PORT), String(DATAGRAM_MS)]
  const source = startOne(pair.sender, process.execPath, ['-e', ...knock])
  const askpass = join(folder, 'askpass')
  writeFileSync(askpass, '#!/bin/sh\necho wrong\n')
  chmodSync(askpass, 0o755)
  const state = { isOver: false, running: new Set() }
  const guessers = Array.from({ length: GUESSES_AT_ONCE }, () =>
    guess(pair.sender, { from, victim, askpass, state }),
  )
  // The sink says when nothing has come for two seconds, and ends.
  const patience = setTimeout(() => sink.end(), patienceMs)
  await sink.ended
  clearTimeout(patience)
  state.isOver = true
  for (const ssh of state.running) ssh.kill('SIGKILL')
  await source.end()
  await Promise.all(guessers)
  await runToEnd(pair.sender, 'ip', ['addr', 'del', `${from}/16`, 'dev', link])
  const last = /last (\S+)/.exec(sink.printed())?.[1]
  return last === undefined ? null : Number(last)
}

async function guess(namespace, { from, victim, askpass, state }) {
  const options = [
    ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=2'],
    ...['PreferredAuthentications=password', 'NumberOfPasswordPrompts=3', `BindAddress=${from}`],
  ].flatMap((option) => ['-o', option])
  while (!state.isOver) {
    const argv = ['netns', 'exec', namespace, 'ssh', ...options, `root@${victim}`, 'true']
    const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' }
    const ssh = spawn('ip', argv, { env, stdio: 'ignore', timeout: 5_000 })
    state.running.add(ssh)
    await new Promise((resolve) => ssh.once('exit', resolve))
    state.running.delete(ssh)
  }
}

/** Takes datagrams of one sender; says when the last came once none has for two seconds. */
const SINK = `
  const [port, from] = process.argv.slice(1)
  const socket = require('node:dgram').createSocket('udp4')
  let last = 0
  socket.on('message', (_, { address }) => { if (address === from) last = performance.timeOrigin + performance.now() })
  socket.bind(Number(port), () => process.stdout.write('ready\\n'))
  setInterval(() => {
    if (last === 0 || Date.now() - last < 2000) return
    process.stdout.write('last ' + last + '\\n', () => process.exit())
  }, 50)`

const SOURCE = `
  const [from, to, port, everyMs] = process.argv.slice(1)
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('error', () => undefined)
  socket.bind(0, from, () => setInterval(() => socket.send('x', Number(port), to, () => undefined), Number(everyMs)))`
