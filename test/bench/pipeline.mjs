/** The whole pipeline over a capture, from the file to the record, beside tcpdump and Picket's peers. */
import { readFileSync } from 'node:fs'
import { isInstalled } from '../../deploy/setup/ground.mjs'
import { runContest } from './contest/contest.mjs'
import { findPeers } from './contest/peers.mjs'
import { replayArgv } from './contest/replay.mjs'
import { countScored } from './contest/scored-flows.mjs'
import { count, megabytes, seconds, table, times } from './measuring/words.mjs'

/**
 * Measures replay (capture, decode, flows, features, rules, both forests, record) over one capture.
 *
 * Shape: the contest's rows, and what Picket's first run said and left in the record.
 */
export async function measurePipeline({ capture, rounds, hasPeers, keepsEveryFlow }) {
  const outcome = {}
  const peers = hasPeers ? findPeers() : { installed: [], missing: [] }
  const contestants = [
    ...picket({ outcome, keepsEveryFlow }),
    ...peers.installed.map((peer) => ({ ...peer, isPeer: true })),
  ]
  const onRun = (words) => process.stderr.write(`  ${words}\n`)
  const rows = await runContest({ file: capture.path, contestants, rounds, onRun })
  return { capture, rows, outcome, missing: peers.missing }
}

/** Picket as it comes, held to one core, and (where asked for) recording also what an event accounts for. */
function picket({ outcome, keepsEveryFlow }) {
  const does = 'all, → SQLite'
  const replay = (config, prefix = []) => {
    return (file, folder) => [...prefix, ...replayArgv(file, folder, { config })]
  }
  const note = async ({ stderr }, folder) => {
    outcome.summary ??= stderr.trim().split('\n').at(-1)
    outcome.scored ??= await countScored(folder)
  }
  const contestants = [{ name: '**Picket**', does, argv: replay({}), look: note }]
  if (isInstalled('taskset')) {
    const pinned = ['taskset', '-c', lastCore()]
    contestants.push({ name: '**Picket**, on one core', does, argv: replay({}, pinned) })
  }
  if (keepsEveryFlow) {
    const everyFlow = replay({ record: { flowsPerStory: null } })
    contestants.push({ name: '**Picket**, every flow recorded', does, argv: everyFlow })
  }
  return contestants
}

/** The last core that we may run on: the first one has most of the machine's interrupts. */
function lastCore() {
  const status = readFileSync('/proc/self/status', 'latin1')
  return /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)[1]
}

/** Renders one capture's rows. */
export function renderPipeline({ capture, rows, outcome, missing }) {
  const packets = Number(/(\d+) packets/.exec(outcome.summary)?.[1])
  const heads = [
    '',
    'does',
    'wall',
    '× tcpdump',
    'CPU',
    '× tcpdump',
    'packets a second',
    'peak RSS',
  ]
  const body = rows.map((row) => cells(row, packets))
  return `${count(packets)} packets: ${capture.words}.

${table(heads, body, ['does'])}

${notes({ rows, outcome, missing }).join('\n')}
`
}

function cells({ name, does, failure, isCutShort, ...row }, packets) {
  if (failure !== undefined) return [name, does, 'failed', '', '', '', '', '']
  const atLeast = isCutShort ? '> ' : ''
  return [
    name,
    does,
    atLeast + seconds(row.wallSeconds),
    `${atLeast}**${times(row.wallTimes)}**`,
    atLeast + seconds(row.cpuSeconds),
    `${atLeast}**${times(row.cpuTimes)}**`,
    isCutShort ? '' : count(packets / row.wallSeconds),
    megabytes(row.peakBytes),
  ]
}

function notes({ rows, outcome, missing }) {
  const own = rows.filter(({ isPeer }) => !isPeer).slice(1)
  const spreads = own.map(({ name, spread }) => `${name} ${spread.map(times).join(' to ')}`)
  const once = rows.filter(({ isPeer, runs }) => isPeer && runs === 1).map(({ name }) => name)
  const failed = rows.filter(({ failure }) => failure !== undefined)
  const { flows, anomaly, attack } = outcome.scored
  const unlearned = anomaly > 0 ? '' : ' (it saw too little ordinary traffic to learn from)'
  return [
    `- Picket said: \`${outcome.summary}\``,
    `- Wall time × tcpdump, from the best round to the worst: ${spreads.join('; ')}.`,
    `- Of the newest ${count(flows)} flows on record ${count(anomaly)} carry the isolation forest's score${unlearned}, ${count(attack)} the random forest's.`,
    ...(rows[0].runs > 1 && once.length > 0 ? [`- Slow, and run once: ${once.join(', ')}.`] : []),
    ...failed.map(({ name, failure }) => `- ${name} failed: ${failure.split('\n').at(-1)}`),
    ...missing.map((name) => `- Not installed: apt-get install ${name}.`),
  ]
}
