/** Runs the steps of the check, prints a line for each, and the sum of all as the last. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const nameWidth = 20
const longestOutput = 20_000
/** Telemetry and update notices of the tools want a network that a build machine may not have. */
const quietTools = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

/**
 * Runs all steps, whatever fails, and gives the exit code. First those of `first`; then the lanes side by
 * side, the steps of one in order: while some wait for a network or a clock, others have the processor.
 */
export async function checkAll(first, ...lanes) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  const startedAt = performance.now()
  const run = async ([name, step]) => {
    const stepStartedAt = performance.now()
    const result = await step()
    const line = `${name.padEnd(nameWidth)}${verdict(result).padEnd(nameWidth)}${seconds(stepStartedAt)}\n`
    const output = result.failed > 0 && result.output ? `${indented(result.output)}\n` : ''
    process.stdout.write(line + output)
    for (const key of Object.keys(sum)) sum[key] += result[key] ?? 0
  }
  const runLane = async (steps) => {
    for (const step of steps) await run(step)
  }
  await runLane(first)
  await Promise.all(lanes.map(runLane))
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''
  process.stdout.write(`\nall in ${seconds(startedAt).trim()}\n`)
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed${skipped}\n`)
  return sum.failed > 0 ? 1 : 0
}

/** Makes a step of a package's program: it passes with exit code 0. */
export function fromProgram(program, ...argv) {
  return async () => {
    const { code, output } = await runProgram(program, argv, 10)
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output }
  }
}

/**
 * Runs a package's program to its end, or until its minutes are over.
 *
 * Shape: `{ code, output }`, the output being both streams in order. The program gets a process
 * group of its own, so that what it started ends with it when its time is up.
 */
export async function runProgram(program, argv, minutes) {
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [binary(program), ...argv], {
      cwd: root,
      detached: true,
      env: { ...process.env, ...quietTools, NO_COLOR: '1', FORCE_COLOR: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const endAll = () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL')
    }
    let output = ''
    const keep = (chunk) => (output += chunk)
    const timer = setTimeout(() => {
      output += `\nstopped: not finished after ${minutes} minutes\n`
      endAll()
    }, minutes * 60_000)
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    process.once('exit', endAll)
    child.on('close', (code) => {
      clearTimeout(timer)
      process.off('exit', endAll)
      resolve({ code: code ?? 1, output })
    })
  })
}

/** Finds a package's program by its package.json, since node_modules/.bin may hold shell scripts. */
function binary(program) {
  const packages = { tsc: 'typescript', redocly: '@redocly/cli' }
  const folder = join(root, 'node_modules', packages[program] ?? program)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[program])
}

function verdict({ passed, failed, skipped = 0 }) {
  if (passed + failed + skipped === 1) return failed === 0 ? 'ok' : 'FAILED'
  const parts = [`${passed} passed`]
  if (failed > 0) parts.push(`${failed} FAILED`)
  if (skipped > 0) parts.push(`${skipped} skipped`)
  return parts.join(', ')
}

function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(8)
}

/** Where there is too much the end is kept: that is where failures are told. */
function indented(output) {
  const kept = output.length > longestOutput ? `…\n${output.slice(-longestOutput)}` : output
  return kept.trim().replace(/^/gm, '    ')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(130))
}
