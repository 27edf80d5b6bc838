/** Flow rows a second that go into the record, beside better-sqlite3 by itself in the same round. */
import { runOwnChild } from './measuring/measured-child.mjs'
import { medians, middle } from './measuring/statistics.mjs'
import { count, nanosecondsEach, seconds, table, times } from './measuring/words.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const KINDS = {
  plain: 'better-sqlite3, one table, no index',
  'plain-indexed': 'better-sqlite3, one table, indexes by time and by either address',
  picket: '**Picket**: record opened, flows appended and flushed',
}
const ROWS = 300_000

/**
 * Measures how fast flows are written, each kind in a process and a file of its own; closing counts, opening does not.
 *
 * Shape: for each kind the rounds' costs, each with its speed as a multiple of the indexed table's in that round.
 */
export async function measureRecord({ rounds, rows = ROWS }) {
  const runs = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of Object.keys(KINDS)) {
      process.stderr.write(`  round ${round} of ${rounds}: ${KINDS[kind]}\n`)
      const cost = await writeRows(kind, rows)
      runs[kind].push(cost)
    }
    const beside = runs['plain-indexed'].at(-1)
    for (const kind of Object.keys(KINDS)) {
      const cost = runs[kind].at(-1)
      cost.speed = beside.wallSeconds / cost.wallSeconds
    }
  }
  return runs
}

async function writeRows(kind, rows) {
  const folder = temporaryFolder('picket-bench-')
  try {
    return await runOwnChild('flow-rows.mjs', [kind, rows, folder])
  } finally {
    removeFolder(folder)
  }
}

/** Renders rows a second, and how long questions to the full record took. */
export function renderRecord(runs) {
  const heads = [
    '',
    'rows a second',
    '× indexed table',
    'CPU a row',
    'bytes a row',
    'slowest 50,000',
  ]
  const rows = Object.entries(runs).map(([kind, costs]) => {
    const { rows, wallSeconds, cpuSeconds, bytes, speed, slowestBatchSeconds } = medians(costs)
    const cpu = nanosecondsEach(cpuSeconds, rows)
    const speeds = [count(rows / wallSeconds), times(speed)]
    return [KINDS[kind], ...speeds, cpu, count(bytes / rows), seconds(slowestBatchSeconds)]
  })
  const [{ rows: written }] = runs.picket
  return `${count(written)} flows in batches of 1,000, each one transaction in the plain tables. Picket is handed batches as its sensor makes
them; what making them costs stands under "flow records" above.

${table(heads, rows)}

${table(['asked of the full record', 'median', 'slowest of 30'], questions(runs.picket[0].answers))}
`
}

function questions(answers) {
  const milliseconds = (value) => `${value.toFixed(1)} ms`
  return Object.entries(answers).map(([words, all]) => {
    return [words, milliseconds(middle(all)), milliseconds(Math.max(...all))]
  })
}
