/** Runs programs as children and says what they cost, all their threads included. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100
/** Fields of proc_pid_stat(5), counted behind the name in parentheses: cutime, cstime. */
const CHILDREN_USER = 13
const CHILDREN_SYSTEM = 14
/** The kernel keeps the peak itself: what is missed by looking is only what grows in the last moment. */
const LOOK_AT_MEMORY_MS = 20
const LONGEST_STDERR = 100_000

/**
 * Runs a program to its end.
 *
 * Gives wall and CPU seconds (CPU in steps of 10 ms, as the kernel counts ended children), the peak of
 * resident memory, and what the program said. With `limitSeconds` it is ended after so long, and
 * `isCutShort` tells. With `keepsOutput` false its stdout goes to /dev/null, as a shell would do it.
 * Run one at a time: children that end meanwhile are counted together.
 */
export async function measureChild(command, args, options = {}) {
  const { limitSeconds, keepsOutput = true, ...spawnOptions } = options
  const cpuBefore = childrenCpuSeconds()
  const startedAt = performance.now()
  const stdio = ['ignore', keepsOutput ? 'pipe' : 'ignore', 'pipe']
  const child = spawn(command, args, { ...spawnOptions, stdio })
  const said = { stdout: '', stderr: '' }
  child.stdout?.on('data', (bytes) => (said.stdout += bytes))
  child.stderr.on('data', (bytes) => (said.stderr = (said.stderr + bytes).slice(-LONGEST_STDERR)))
  const watch = watchChild(child, limitSeconds)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...end) => resolve(end))
  }).finally(watch.stop)
  const wallSeconds = (performance.now() - startedAt) / 1000
  const { isCutShort, peakBytes } = watch
  if (code !== 0 && !isCutShort) {
    throw new Error(`${command} ended with ${code ?? signal}: ${said.stderr.trim().slice(-2000)}`)
  }
  const cpuSeconds = childrenCpuSeconds() - cpuBefore
  return { wallSeconds, cpuSeconds, peakBytes, isCutShort, ...said }
}

/** Runs one of our own programs in `children/`, and gives what it prints as JSON. */
export async function runOwnChild(name, args, { flags = [], prefix = [] } = {}) {
  const program = new URL(`../children/${name}`, import.meta.url).pathname
  const [command, ...rest] = [...prefix, process.execPath, ...flags, program, ...args]
  const { stdout } = await measureChild(command, rest.map(String))
  return JSON.parse(stdout)
}

/** Follows a child's memory, and ends the child when its time is over. */
function watchChild(child, limitSeconds) {
  const watch = { peakBytes: 0, isCutShort: false, stop }
  const looking = setInterval(look, LOOK_AT_MEMORY_MS)
  const limit = limitSeconds && setTimeout(cutShort, limitSeconds * 1000)
  function look() {
    watch.peakBytes = Math.max(watch.peakBytes, peakOf(child.pid))
  }
  function cutShort() {
    watch.isCutShort = true
    child.kill('SIGKILL')
  }
  function stop() {
    clearInterval(looking)
    clearTimeout(limit)
  }
  look()
  return watch
}

/** The most memory a process ever had resident, in bytes; 0 when it has ended. */
function peakOf(pid) {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return peak ? Number(peak[1]) * 1024 : 0
  } catch {
    return 0
  }
}

function childrenCpuSeconds() {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM])) / TICKS_PER_SECOND
}
