/**
 * Measures Picket on this machine, prints the figures and writes them to RESULTS.md.
 *
 * Usage: `npm run bench [-- FILE.pcap]`, or `node test/bench/run.mjs [FILE.pcap]` once built.
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { benchCapture } from './capture.mjs'
import { measurePipeline } from './pipeline.mjs'

const resultsFile = fileURLToPath(new URL('RESULTS.md', import.meta.url))
const loadBefore = loadavg()[0].toFixed(1)
const { path, words } = benchCapture(process.argv[2])
const figures = await measurePipeline(path)
const report = await format(render(figures), { parser: 'markdown' })
writeFileSync(resultsFile, report)
process.stdout.write(report)

function render({ packets, replay, tcpdump, stages, memory, summary }) {
  const { model } = cpus()[0] ?? { model: 'unknown processor' }
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const count = packets.toLocaleString('en')
  return `# What Picket costs

Written by \`npm run bench\`; medians of three rounds, one after the other with tcpdump's.

- Machine: ${model.trim()}, ${cpus().length} cores, ${gigabytes} GiB; Node ${process.version};
  load of others before the run ${loadBefore}
- Capture: ${words}, ${count} packets
- Run: \`${summary}\`

| | wall | CPU | packets a second |
| --- | ---: | ---: | ---: |
${row('`picket replay`, capture to record', replay, packets)}
${row('`tcpdump -r FILE -w /dev/null`', tcpdump, packets)}
| ratio | ${ratio(replay, tcpdump, 'wallSeconds')} | ${ratio(replay, tcpdump, 'cpuSeconds')} | |

| stage | CPU a packet | share |
| --- | ---: | ---: |
${stages.map((stage) => stageRow(stage, replay, packets)).join('\n')}

Memory, resident, at most, without the record: ${memory} MB.
`
}

function seconds(value) {
  return `${value.toFixed(2)} s`
}

function ratio(one, other, key) {
  return `${(one[key] / other[key]).toFixed(1)}×`
}

function row(name, { wallSeconds, cpuSeconds }, packets) {
  const rate = Math.round(packets / wallSeconds).toLocaleString('en')
  return `| ${name} | ${seconds(wallSeconds)} | ${seconds(cpuSeconds)} | ${rate} |`
}

function stageRow({ name, cpuSeconds }, replay, packets) {
  const nanoseconds = Math.round((cpuSeconds / packets) * 1e9).toLocaleString('en')
  const share = Math.round((100 * cpuSeconds) / replay.cpuSeconds)
  return `| ${name} | ${nanoseconds} ns | ${share} % |`
}
