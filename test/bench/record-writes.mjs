/** What many who write to the record at once wait for, and how long giving the disk back takes. */
import { runOwnChild } from './measuring/measured-child.mjs'
import { median } from './measuring/statistics.mjs'
import { count, megabytes, table, times } from './measuring/words.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const WRITERS = [4, 16, 64]
const ROWS = 4_000_000

/** Each in a process and a file of its own, the two ways of writing by turns in each round. */
export async function measureRecordWrites({ rounds }) {
  const orders = WRITERS.map((writers) => ({ writers, single: [], grouped: [] }))
  for (let round = 1; round <= rounds; round += 1) {
    for (const one of orders) {
      process.stderr.write(`  round ${round} of ${rounds}: orders by ${one.writers} at once\n`)
      for (const mode of ['single', 'grouped']) {
        one[mode].push(await inFolder((folder) => ['orders', one.writers, mode, folder]))
      }
    }
  }
  process.stderr.write(`  ${count(ROWS)} flows to delete and give back\n`)
  return { orders, shrunk: await inFolder((folder) => ['shrink', ROWS, folder]) }
}

async function inFolder(argsFor) {
  const folder = temporaryFolder('picket-bench-')
  try {
    return await runOwnChild('record-writes.mjs', argsFor(folder))
  } finally {
    removeFolder(folder)
  }
}

/** Renders both. */
export function renderRecordWrites({ orders, shrunk }) {
  const rows = orders.map(({ writers, single, grouped }) => {
    const [alone, together] = [single, grouped].map((runs) => median(runs, 'perSecond'))
    const waits = [single, grouped].flatMap((runs) => [wait(runs, 'p50'), wait(runs, 'p99')])
    return [writers, count(alone), count(together), times(together / alone), ...waits]
  })
  const heads = ['writers at once', 'one by one', 'grouped', '']
  const waits = ['one by one, p50', 'p99', 'grouped, p50', 'p99']
  return `Orders of an API (a block and its audit row), each on the disk before its writer gives the next, to the record's writer: as it
groups what has come in while it wrote, and with another call between any two, which keeps it from that.

${table([...heads, ...waits], rows)}

${shrinkInWords(shrunk)}
`
}

const wait = (runs, key) => milliseconds(median(runs, key))
const milliseconds = (value) => `${value.toFixed(1)} ms`

function shrinkInWords({ rows, before, after, seconds, steps, alone, meanwhile }) {
  const heads = ['an order waits for the disk', 'p50', 'p99', 'at most', 'orders']
  const row = (words, one) => [
    words,
    ...[one.p50, one.p99, one.most].map(milliseconds),
    count(one.count),
  ]
  return `${count(rows)} flows that are too old are deleted and their space is given back: from ${megabytes(before)} to ${megabytes(after)} in ${seconds.toFixed(1)} s, in
${count(steps.count)} steps between which other calls have their turn; the longest took ${milliseconds(steps.most)}.

${table(heads, [row('with nothing beside it', alone), row('meanwhile', meanwhile)])}`
}
