/** The report of all deliveries that were tried. */
import { count, table } from '../measuring/words.mjs'
import { FAULTS } from './faults.mjs'
import { KINDS } from './kinds.mjs'

/** What became of one delivery. */
export function cell({ lost, doubled, isOrdered, failure }) {
  if (failure !== undefined) return 'could not be tried'
  return `${count(lost)} lost, ${count(doubled)} twice${isOrdered ? '' : ', not in order'}`
}

/** Writes the report as Markdown. */
export function renderDeliveries(results) {
  const totals = [...new Set(results.map(({ total }) => count(total)))].join(' or ')
  return `# Deliveries that go wrong

${totals} event states each time, recorded over 12 s per 10,000, to real servers in a namespace of their own (for
Splunk and Elasticsearch one that follows their documented protocol); the fault strikes when a third has arrived.
"Twice" counts every copy beyond the first: same id, same number. – is what a fault has no meaning for. Written by
\`npm run bench:delivery\`, each cell as it ends.

${tableOf(results)}

When each was tried:

${timesOf(results)}

UDP and unix datagrams are sent once and nobody answers: what the network or a stopped server drops is gone, and shows as
a gap. Everything else loses nothing: syslog streams send again what is younger than 30 seconds when a connection
breaks, the others what was not acknowledged. NATS is given 15 s to connect (\`connectTimeoutMs\`): with a server that
answers 2 s late its three answers take 6, and the default is 5, with which nothing arrives at all.
${complaintsOf(results)}`
}

/** Of each row the days and commits of its cells, and the load of the machine at their ends. */
function timesOf(results) {
  const rows = Object.entries(KINDS).map(([kind, { words }]) => {
    const own = results.filter((result) => result.kind === kind)
    const runs = [...new Set(own.map(runOf))]
    return [
      words,
      runs.map((run) => runInWords(own.filter((one) => runOf(one) === run))).join('; '),
    ]
  })
  const machines = [...new Set(results.map(({ machine }) => machine))]
  return `${table(['', 'when'], rows, ['when'])}\n\nOn ${machines.join('; and on ')}.`
}

const runOf = ({ day, commit }) => `${day} at ${commit}`

function runInWords(cells) {
  const loads = cells.map(({ load }) => String(load))
  const [least, most] = [loads, loads].map(
    (all, end) =>
      all
        .flatMap((load) => load.split(' to '))
        .map(Number)
        .sort((one, other) => (end === 0 ? one - other : other - one))[0],
  )
  const of = cells.map(({ fault }) => fault).join(', ')
  return `${runOf(cells[0])}, load ${least === most ? least : `${least} to ${most}`}: ${of}`
}

/** A row a kind: there are more of them than there is room for columns. */
function tableOf(results) {
  const rows = Object.entries(KINDS).map(([kind, { words, ...traits }]) => {
    const cells = Object.entries(FAULTS).map(([fault, { needs }]) => {
      if (needs !== undefined && traits[needs] !== true) return '–'
      const result = results.find((one) => one.fault === fault && one.kind === kind)
      return result ? cell(result) : 'not tried yet'
    })
    return [words, ...cells]
  })
  const heads = ['', ...Object.values(FAULTS).map(({ words }) => words)]
  return table(heads, rows, heads)
}

/** What the sinks said where they had to refuse a server. */
function complaintsOf(results) {
  const said = results.filter((result) => result.said)
  const lines = said.map(({ kind, said: words }) => `- ${KINDS[kind].words}: ${words}`)
  return lines.length === 0
    ? ''
    : `\nWhat was said of certificates:\n\n${[...new Set(lines)].sort().join('\n')}\n`
}
