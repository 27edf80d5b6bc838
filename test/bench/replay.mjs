/** Picket's own command over a capture, from the file to the record, with both forests at work. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../check/root.mjs'
import { measureChild } from './measured-child.mjs'

const program = join(root, 'dist', 'main.js')
const gcWatcher = fileURLToPath(new URL('children/watch-gc-of-program.mjs', import.meta.url))
/** An hour's patience of the isolation forest would outlast the capture: here it is grown as soon as it can. */
const bothForests = { isolationForest: { minimumMinutes: 0 } }

/** The command line of `picket replay`, with all of its state in a folder. */
export function replayArgv(file, folder, { config = {}, flags = [] } = {}) {
  const path = join(folder, 'picket.yaml')
  writeFileSync(path, JSON.stringify({ detect: bothForests, ...config }))
  const own = ['--json', '--config', path, '--data-dir', folder]
  return [process.execPath, ...flags, program, 'replay', file, ...own]
}

/** Measures one replay, and how long its threads stood still for garbage collection: the first one and all others. */
export async function measureReplay(file) {
  const folder = mkdtempSync(join(tmpdir(), 'picket-bench-'))
  try {
    const [command, ...args] = replayArgv(file, folder, { flags: ['--import', gcWatcher] })
    const env = { ...process.env, PICKET_BENCH_GC: folder }
    const cost = await measureChild(command, args, { env, keepsOutput: false })
    const noted = readdirSync(folder).filter((name) => name.startsWith('gc-of-thread-'))
    const secondsOf = (name) => Number(readFileSync(join(folder, name), 'latin1'))
    const others = noted.filter((name) => name !== 'gc-of-thread-0').map(secondsOf)
    const gcSeconds = secondsOf('gc-of-thread-0')
    return { ...cost, gcSeconds, gcSecondsOfOthers: others.reduce((sum, one) => sum + one, 0) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
