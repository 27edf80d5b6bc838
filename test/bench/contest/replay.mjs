/** Picket's own command over a capture, from the file to the record, with both forests at work. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../check/root.mjs'
import { readGcTrace, traceFlags } from '../measuring/gc-trace.mjs'
import { measureChild } from '../measuring/measured-child.mjs'
import { removeFolder, temporaryFolder } from '../measuring/temporary-folder.mjs'

const program = join(root, 'dist', 'main.js')
/** An hour's patience of the isolation forest would outlast the capture: here it is grown as soon as it can. */
const bothForests = { isolationForest: { minimumMinutes: 0 } }

/** The command line of `picket replay`, with all of its state in a folder. */
export function replayArgv(file, folder, { config = {}, flags = [] } = {}) {
  const path = join(folder, 'picket.yaml')
  writeFileSync(path, JSON.stringify({ detect: bothForests, ...config }))
  const own = ['--json', '--config', path, '--data-dir', folder]
  return [process.execPath, ...flags, program, 'replay', file, ...own]
}

/**
 * Measures one replay, garbage collection and all that was allocated included.
 *
 * Shape: as `measureChild`, and `gcSeconds`, `allocatedBytes` of the thread that reads packets, and the same
 * with `OfRecord` of the record's threads.
 */
export async function measureReplay(file) {
  const folder = temporaryFolder('picket-bench-')
  try {
    const [command, ...args] = replayArgv(file, folder, { flags: traceFlags })
    const cost = await measureChild(command, args)
    const [reading, ...ofRecord] = readGcTrace(cost.stdout)
    const sum = (key) => ofRecord.reduce((total, thread) => total + thread[key], 0)
    const record = {
      gcSecondsOfRecord: sum('gcSeconds'),
      allocatedBytesOfRecord: sum('allocatedBytes'),
    }
    return { ...cost, ...reading, ...record }
  } finally {
    removeFolder(folder)
  }
}
