/** What is asked of a record of ten million flows, how long it takes, and whether asking holds up writing. */
import { runOwnChild } from './measuring/measured-child.mjs'
import { middle } from './measuring/statistics.mjs'
import { count, table } from './measuring/words.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const FLOWS = 10_000_000
const EVENTS = 200_000

/** Fills a record once, in a process of its own, and asks it; needs 3 GB of disk. */
export async function measureLargeRecord() {
  const folder = temporaryFolder('picket-bench-')
  try {
    return await runOwnChild('large-record.mjs', [FLOWS, EVENTS, folder])
  } finally {
    removeFolder(folder)
  }
}

/** Renders the times of the questions, and of writing an event alone and beside six readers. */
export function renderLargeRecord(found) {
  const { flowCount, eventCount, fillSeconds, bytes, answers, alone, besideReaders } = found
  const size = `${count(flowCount)} flows and ${count(eventCount)} events of one day`
  const row = ([words, times]) => [words, ...[middle(times), ...tails(times)].map(milliseconds)]
  const writes = { 'nobody reads': alone, 'six readers look at every flow': besideReaders }
  return `## A large record

${size}: ${(bytes / 1e9).toFixed(1)} GB, filled in ${count(fillSeconds)} s.

${table(['asked', 'median', 'p90', 'slowest'], Object.entries(answers).map(row))}

${table(['one event written, on disk, while', 'median', 'p90', 'slowest'], Object.entries(writes).map(row))}
`
}

function tails(times) {
  const sorted = [...times].sort((one, other) => one - other)
  return [sorted[Math.floor(sorted.length * 0.9)], sorted.at(-1)]
}

const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
