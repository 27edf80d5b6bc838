/**
 * Feeds Picket damaged captures and frames until time is up, and tells what broke and how to see it again.
 *
 * Usage: `npm run fuzz -- --help`.
 */
import { fork } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/** A round takes milliseconds. */
const HUNG_AFTER_MS = 60_000

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url))

const USAGE = `Feeds Picket damaged captures and frames until time is up, and tells what broke.

Usage: npm run fuzz [-- OPTIONS]

  --captures DIR  the captures that are damaged (default test/data)
  --seconds N     for so long (default 60)
  --seed N        the same seed gives the same rounds
  --layer NAME    only this layer
  --round N       only this round of it
  --help          prints this

Exit code 1 when anything failed or hung.
`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    captures: { type: 'string', default: pathOf('data') },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    layer: { type: 'string' },
    round: { type: 'string' },
  },
})

if (values.help) {
  process.stdout.write(USAGE)
  process.exit()
}

const loader = pathToFileURL(pathOf('fuzz/typescript.mjs')).href
const execArgv = ['--import', loader, '--expose-gc', '--enable-source-maps', '--no-warnings']
const child = fork(pathOf('fuzz/run.ts'), [JSON.stringify(values)], { execArgv })
let at = 'its start'
let isHung = false
const hung = () => {
  isHung = true
  process.stderr.write(`hung: no answer for ${HUNG_AFTER_MS / 1000} s at ${at}\n`)
  child.kill('SIGKILL')
}
let timer = setTimeout(hung, HUNG_AFTER_MS)
child.on('message', (where) => {
  at = where
  clearTimeout(timer)
  timer = setTimeout(hung, HUNG_AFTER_MS)
})
child.on('exit', (code) => {
  clearTimeout(timer)
  process.exitCode = isHung ? 1 : (code ?? 1)
})
