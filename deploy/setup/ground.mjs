/** What every step of the set-up stands on: running a program, telling the user, failing clearly. */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const oldestNode = [20, 19]
const failureLines = 25

/** A step that could not be done: what went wrong, and what the user can do about it. */
export class SetupError extends Error {
  constructor(message, hint) {
    super(message)
    this.hint = hint
  }
}

/** Stops on a Node that is too old, before anything it could not run is loaded. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return
  throw new SetupError(
    `this is Node.js ${process.versions.node}; Picket needs ${oldestNode.join('.')} or newer`,
    'take one from https://nodejs.org/en/download (Debian 12 has 18 only), and make sure `node --version` shows it',
  )
}

/** Tells the user one line, on stderr. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Does one step that takes a while: says what it is about to do, and then how long that took.
 *
 * A failure that can be lived with is the work's result, not thrown.
 */
export async function step(what, work) {
  const startedAt = performance.now()
  say(`• ${what} …`)
  const result = await work()
  const verdict = result instanceof SetupError ? 'failed after' : 'done in'
  say(`  ${verdict} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return result
}

/** Does the work, and where it meets a SetupError, tells it to the user and ends with exit code 1. */
export async function orExplain(work) {
  try {
    await work()
  } catch (failure) {
    if (!(failure instanceof SetupError)) throw failure
    say(`\nerror: ${failure.message}\nhint: ${failure.hint}`)
    process.exit(1)
  }
}

/** Runs a program to its end. Shape: `{ code, output }`, the output being both streams in order. */
export async function run(command, argv, options = {}) {
  return await new Promise((resolve) => {
    const child = spawn(command, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk) => (output = (output + chunk).slice(-1_000_000))
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (failure) => resolve({ code: 127, output: failure.message }))
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }))
  })
}

/** Gives the end of a program's output, indented, for a message. */
export function lastLines(output) {
  const lines = output.trimEnd().split('\n').slice(-failureLines)
  return lines.map((line) => `    ${line}`).join('\n')
}

/** Tells whether a program is installed, looking where root's programs are too. */
export function isInstalled(program) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [...folders, '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, program)))
}

/** Tells whether we may write at a path. */
export function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
