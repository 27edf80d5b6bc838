/**
 * Two network namespaces joined by a veth pair on which nobody speaks unasked, for measuring. Named by this
 * process and removed by it; needs root.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'

const sendingInterface = 'flood0'
const receivingInterface = 'flood1'
/** How a run is interrupted. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Makes the pair; `received()` is the receiving end's own count of packets. */
export async function makeVethPair() {
  const sender = `pk${process.pid}-sender`
  const receiver = `pk${process.pid}-receiver`
  const remove = () => {
    for (const signal of ENDINGS) process.off(signal, interrupted)
    for (const name of [sender, receiver]) removeNamespace(name)
  }
  const interrupted = (signal) => {
    remove()
    process.kill(process.pid, signal)
  }
  for (const signal of ENDINGS) process.on(signal, interrupted)
  for (const name of [sender, receiver]) execFileSync('ip', ['netns', 'add', name])
  try {
    const peer = ['type', 'veth', 'peer', 'name', receivingInterface, 'netns', receiver]
    execFileSync('ip', ['link', 'add', sendingInterface, 'netns', sender, ...peer])
    for (const [name, link] of [
      [sender, sendingInterface],
      [receiver, receivingInterface],
    ]) {
      await runToEnd(name, 'sysctl', ['-qw', `net.ipv6.conf.${link}.disable_ipv6=1`])
      for (const up of [link, 'lo']) execFileSync('ip', ['-n', name, 'link', 'set', up, 'up'])
    }
  } catch (error) {
    remove()
    throw error
  }
  return { sender, receiver, sendingInterface, receivingInterface, received, remove }

  function received() {
    const file = `/sys/class/net/${receivingInterface}/statistics/rx_packets`
    return Number(execFileSync('ip', ['netns', 'exec', receiver, 'cat', file]))
  }
}

/** With whatever still runs in it: daemons outlive who started them, and sessions of sshd their daemon. */
function removeNamespace(name) {
  const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of pids.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
  }
  execFileSync('ip', ['netns', 'del', name])
}

/** Runs a command in a namespace to its end and gives what it printed; a failure is an error. */
export async function runToEnd(namespace, command, args) {
  const child = startOne(namespace, command, args)
  const code = await child.ended
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${child.output()}`)
  return child.printed()
}

/** Starts a command in a namespace; `ip netns exec` becomes the command, so that the pid is its own. */
export function startOne(namespace, command, args) {
  const child = spawn('ip', ['netns', 'exec', namespace, command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let complained = ''
  let woken = () => undefined
  child.stdout.on('data', (bytes) => ((printed += bytes), woken()))
  child.stderr.on('data', (bytes) => ((complained += bytes), woken()))
  const ended = once(child, 'close').then(([code]) => (woken(), code))
  const output = () => printed + complained
  return {
    pid: child.pid,
    ended,
    printed: () => printed,
    output,
    /** Resolves once it has said what matches. */
    async said(pattern) {
      while (!pattern.test(output())) {
        if (child.exitCode !== null) throw new Error(`${command} ended: ${output()}`)
        await new Promise((resolve) => (woken = resolve))
      }
    },
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
