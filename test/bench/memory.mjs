/** Memory that live flows take: the flow table alone, and the whole sensor around it. */
import { runOwnChild } from './measuring/measured-child.mjs'
import { count, megabytes, table } from './measuring/words.mjs'

const KINDS = { table: 'flow table', sensor: 'sensor: flow table, features, rules, both forests' }
const COUNTS = [1000, 100_000, 1_000_000]

/** Measures resident memory with so many flows live; once, since it hardly differs from run to run. */
export async function measureMemory() {
  const results = {}
  for (const kind of Object.keys(KINDS)) {
    results[kind] = []
    for (const flows of COUNTS) {
      process.stderr.write(`  ${count(flows)} live flows: ${KINDS[kind]}\n`)
      const flags = ['--expose-gc']
      results[kind].push(await runOwnChild('live-flows.mjs', [kind, flows], { flags }))
    }
  }
  return results
}

/** Renders memory by number of flows, and what one flow adds. */
export function renderMemory(results) {
  const heads = COUNTS.map((flows) => `RSS at ${count(flows)} flows`)
  const rows = Object.entries(results).map(([kind, sizes]) => {
    const [, fewer, more] = sizes
    const added = more.residentBytes - fewer.residentBytes
    const bytes = added / (more.liveFlows - fewer.liveFlows)
    return [KINDS[kind], ...sizes.map((size) => megabytes(size.residentBytes)), `${count(bytes)} B`]
  })
  return `${table(['', ...heads, 'a flow between the last two'], rows)}

\`flow.maxFlows\` was raised to 1,048,576; by default it is 262,144. Each flow is a TCP connection with a request and
its answer, from one of 50,000 clients to one of 500 servers, and has been answered. Measured once.
`
}
