/**
 * Measures Picket on this machine, prints the figures and, after a complete run or with --write, writes them to RESULTS.md.
 *
 * Usage: `npm run bench [-- FILE.pcap] [OPTIONS]`, or `node test/bench/run.mjs` once built; see `--help`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { isInstalled } from '../../deploy/setup/ground.mjs'
import { root } from '../check/root.mjs'
import { floodCapture, mixedCapture } from './captures.mjs'
import { machine } from './measuring/machine.mjs'
import { readOptions, USAGE, UsageError } from './options.mjs'
import { measureMemory, renderMemory } from './memory.mjs'
import { merged, stamped } from './measuring/sections.mjs'
import { stamp } from './measuring/stamp.mjs'
import { measurePipeline, renderPipeline } from './pipeline.mjs'
import { measureRecord, renderRecord } from './record.mjs'
import { measureRecordWrites, renderRecordWrites } from './record-writes.mjs'
import { measureStages, renderStages } from './stages.mjs'

const resultsFile = fileURLToPath(new URL('RESULTS.md', import.meta.url))

/** The sections of the report, in order: the parts that ask for one, and how its text is made. */
const sections = [
  {
    title: 'The whole pipeline',
    parts: ['pipeline'],
    text: async ({ file, rounds, hasPeers }) => {
      const capture = mixedCapture(file)
      return renderPipeline(await measurePipeline({ capture, rounds, hasPeers }))
    },
  },
  {
    title: 'The whole pipeline under a SYN flood',
    parts: ['flood'],
    text: async ({ syns, rounds, hasPeers }) => {
      const options = { capture: floodCapture(syns), rounds, hasPeers, keepsEveryFlow: true }
      return renderPipeline(await measurePipeline(options))
    },
  },
  {
    title: 'Stage by stage',
    parts: ['stages'],
    text: async ({ file, syns, rounds }) => {
      const captures = [mixedCapture(file), floodCapture(syns)]
      const texts = []
      for (const capture of captures) {
        texts.push(renderStages(await measureStages({ capture, rounds })))
      }
      return texts.join('\n')
    },
  },
  {
    title: 'Memory of live flows',
    parts: ['memory'],
    text: async () => renderMemory(await measureMemory()),
  },
  {
    title: 'The record',
    parts: ['record'],
    text: async (options) => renderRecord(await measureRecord(options)),
  },
  {
    title: 'Orders and room in the record',
    parts: ['record-writes'],
    text: async (options) => renderRecordWrites(await measureRecordWrites(options)),
  },
  sectionInFile('large-record', 'measureLargeRecord', 'renderLargeRecord'),
  sectionInFile('live', 'measureLive', 'renderLive'),
  sectionInFile('owner', 'measureOwners', 'renderOwners'),
  sectionInFile('forwarding', 'measureForwarding', 'renderForwarding'),
  sectionInFile('response', 'measureResponse', 'renderResponse'),
  sectionInFile('api', 'measureApi', 'renderApi'),
  sectionInFile('feeds', 'measureFeeds', 'renderFeeds'),
]

/** A section with a heading of its own, whose two functions stand in a file of the part's name, where there is one. */
function sectionInFile(part, measure, render) {
  const file = new URL(`${part}.mjs`, import.meta.url)
  const text = async () => {
    if (!existsSync(file)) return ''
    const module = await import(file)
    return module[render](await module[measure]())
  }
  return { parts: [part], text }
}

/** Measures what was asked for. A section that fails is told of in its place: the others took long to measure. */
async function run(options) {
  const startedAt = performance.now()
  const loadBefore = machine().load
  const texts = []
  let failures = 0
  for (const { title, parts, text } of sections) {
    if (!parts.some((part) => options.parts.includes(part))) continue
    process.stderr.write(`${title ?? parts[0]} …\n`)
    const heading = title === undefined ? '' : `## ${title}\n\n`
    const { words, load } = machine()
    const when = `${words}; load of others before it ${load}`
    try {
      texts.push(stamped(heading + (await text(options)), stamp(), when))
    } catch (failure) {
      failures += 1
      process.stderr.write(`${failure.stack}\n`)
      texts.push(`## ${title ?? parts[0]}\n\ncould not be measured: ${failure.message}`)
    }
  }
  const minutes = Math.max(1, (performance.now() - startedAt) / 60_000).toFixed(0)
  const isPart = !options.isComplete && options.isWritten
  const report = isPart
    ? merged(readFileSync(resultsFile, 'utf8'), texts)
    : [head({ ...options, loadBefore, minutes }), ...texts].join('\n\n')
  return { report: await format(report, { parser: 'markdown' }), failures }
}

function head({ rounds, loadBefore, minutes }) {
  const { words } = machine()
  return `# What Picket costs

Written by \`npm run bench\` in ${minutes} minutes: ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}; within a
round the programs run one after the other.

- Machine: ${words}; load of others before the run ${loadBefore}
`
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.isHelp) return process.stdout.write(USAGE)
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    throw new UsageError('Picket is not built; run `npm run build` first')
  }
  if (!isInstalled('tcpdump')) {
    throw new UsageError(
      'tcpdump is not installed, which everything is measured by; apt-get install tcpdump',
    )
  }
  const { report, failures } = await run(options)
  if ((options.isComplete || options.isWritten) && failures === 0)
    writeFileSync(resultsFile, report)
  if (failures > 0) process.exitCode = 1
  process.stdout.write(report)
}

try {
  await main()
} catch (failure) {
  if (!(failure instanceof UsageError)) throw failure
  process.stderr.write(`error: ${failure.message}\nhint: npm run bench -- --help\n`)
  process.exitCode = 2
}
