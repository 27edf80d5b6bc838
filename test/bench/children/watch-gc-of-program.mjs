/**
 * Loaded before a program of ours (`node --import`), notes how long each of its threads stood still for
 * garbage collection: one file a thread, named by the thread's number, in the folder PICKET_BENCH_GC names.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { GcWatch } from './gc-watch.mjs'

const folder = process.env.PICKET_BENCH_GC
if (folder !== undefined) {
  const watch = new GcWatch()
  process.on('exit', () => {
    writeFileSync(join(folder, `gc-of-thread-${threadId}`), String(watch.secondsSoFar()))
  })
}
