/** Runs programs as children and says what they cost, all their threads included. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100
/** Fields of proc_pid_stat(5), counted behind the name in parentheses: cutime, cstime. */
const CHILDREN_USER = 13
const CHILDREN_SYSTEM = 14

/**
 * Runs a program to its end.
 *
 * Gives wall and CPU seconds (CPU in steps of 10 ms, as the kernel counts ended children) and stdout.
 * Run one at a time: children that end meanwhile are counted together.
 */
export async function measureChild(command, args) {
  const cpuBefore = childrenCpuSeconds()
  const startedAt = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes) => (stdout += bytes))
  child.stderr.on('data', (bytes) => (stderr += bytes))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const wallSeconds = (performance.now() - startedAt) / 1000
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.trim()}`)
  return { wallSeconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, stdout, stderr }
}

function childrenCpuSeconds() {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM])) / TICKS_PER_SECOND
}

/** The middle one of several measurements, by a key. */
export function median(measurements, key) {
  const sorted = measurements.map((one) => one[key]).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}
