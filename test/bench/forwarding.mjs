/**
 * Measures how many events a second reach a real rsyslogd's file over each protocol, beside other senders of
 * the same lines to the same rsyslogd in one run.
 *
 * Usage: once built: `node test/bench/forwarding.mjs [EVENTS]`.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isInstalled } from '../../deploy/setup/ground.mjs'
import { silentLog } from '../../dist/core/log/log.js'
import { createMetrics } from '../../dist/core/log/metrics.js'
import { uuidv7 } from '../../dist/core/uuid.js'
import { validateConfig } from '../../dist/config/validate.js'
import { formatCef } from '../../dist/forward/formats/cef.js'
import { createForwarders } from '../../dist/forward/index.js'
import { openRecord } from '../../dist/record/index.js'
import { peersOf } from './forwarding/peers.mjs'
import { startOtherReceivers } from './forwarding/other-receivers.mjs'
import { startReceiver } from './forwarding/receiver.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

/** A backlog that takes the fastest half a second: what starting costs, and UDP's slow start, are then a small part. */
const EVENTS = 50_000
const clock = { nowMs: () => Date.now() }

/** Gives a row for each sender: events that arrived, seconds, and events a second. */
export async function measureForwarding(count = EVENTS) {
  if (!isInstalled('rsyslogd')) return { skipped: 'rsyslog is not installed' }
  const folder = temporaryFolder('picket-forwarding-')
  const receiver = await startReceiver(folder)
  const others = await startOtherReceivers(folder, receiver)
  try {
    const { record, lines } = await filledRecord(folder, count)
    const rows = []
    const own = sendersOf([...sinksOf(receiver), ...others.sinks], record)
    for (const sender of [...own, ...peersOf(receiver, folder)]) {
      rows.push({ name: sender.name, ...(await timed(sender, receiver, lines)) })
    }
    await record.close()
    return { count, bytes: Math.round(Buffer.byteLength(lines[0])), rows }
  } finally {
    await others.stop()
    await receiver.stop()
    removeFolder(folder)
  }
}

async function timed({ input, start }, receiver, lines) {
  const before = receiver.count(input)
  const cpuBefore = process.cpuUsage()
  const { startedAt, end } = await start(lines)
  const { lines: arrived, atMs } = await receiver.arrived(input, lines.length, before)
  const { user, system } = process.cpuUsage(cpuBefore)
  const problem = await end()
  const seconds = (atMs - startedAt) / 1000
  return {
    arrived,
    seconds,
    perSecond: arrived / seconds,
    cpuSeconds: (user + system) / 1e6,
    problem,
  }
}

/** The sinks to rsyslogd. */
function sinksOf({ ports, socket, caFile }) {
  const at = (protocol) => ({ type: 'syslog', protocol, host: '127.0.0.1', port: ports[protocol] })
  const relp = (protocol, port) => ({ type: 'relp', protocol, host: '127.0.0.1', port })
  const tls = { caFile }
  return [
    ['Picket, syslog over UDP', 'udp', at('udp')],
    ['Picket, syslog over TCP', 'tcp', at('tcp')],
    ['Picket, syslog over TLS', 'tls', { ...at('tls'), tls }],
    [
      'Picket, /dev/log (datagrams)',
      'unix',
      { type: 'syslog', protocol: 'unix-datagram', path: socket },
    ],
    ['Picket, RELP', 'relp', relp('tcp', ports.relp)],
    ['Picket, RELP over TLS', 'relp-tls', { ...relp('tls', ports['relp-tls']), tls }],
  ]
}

/** Picket's own way whole: from the record, encoded when sent. */
function sendersOf(sinks, record) {
  return sinks.map(([name, input, sink], index) => ({
    name,
    input,
    start: () => {
      const sinks = [{ name: `sink-${index}`, ...sink }]
      const whole = { forward: { heartbeatSeconds: 0, sinks } }
      const config = validateConfig(whole, 'bench').forward
      const startedAt = performance.now()
      const ground = {
        ...{ log: silentLog, clock, metrics: createMetrics(), version: '0.1.0' },
        facts: () => Promise.reject(new Error('no heartbeats here')),
        tell: () => undefined,
      }
      const forwarders = createForwarders({ config, record, ...ground })
      const end = async () => {
        const { lastError } = forwarders.health()[0]
        await forwarders.stop()
        return lastError
      }
      return { startedAt, end }
    },
  }))
}

/** A record with so many events, and their lines of CEF for those who send text. */
async function filledRecord(folder, count) {
  const config = validateConfig({}, 'bench').record
  const record = await openRecord({
    directory: folder,
    clock,
    log: silentLog,
    config,
    mode: 'write',
  })
  const context = { version: '0.1.0', hostname: hostname(), cefVersion: '0' }
  const lines = []
  for (let done = 0; done < count; done += 500) {
    const stories = Array.from({ length: Math.min(500, count - done) }, (_, at) => story(done + at))
    const saved = await record.events.save(stories, { forward: true })
    lines.push(...saved.map((event) => formatCef(event, context, 7000)))
  }
  return { record, lines }
}

function story(index) {
  const id = uuidv7(Date.now())
  const event = {
    ...{ id, sequence: 0, revision: 1, agent: uuidv7(1), interface: 'eth0' },
    ...{ kind: 'scan.vertical.syn', family: 'scan', severity: 6, confidence: 0.97 },
    ...{ verdict: 'alert', simulated: false, decision: 'policy only alerts' },
    ...{ attacker: `198.51.${(index >> 8) & 255}.${index & 255}`, victims: ['10.0.0.5'] },
    ...{ host: null, domain: null, incident: null, process: null, count: 1204 },
    ...{ firstSeen: '2026-01-05T10:00:00.000123Z', lastSeen: '2026-01-05T10:00:08.000123Z' },
    summary: '1,204 ports of 10.0.0.5 tried in 8 s, 1,196 unanswered; usual for this host: 2',
    reasons: [{ feature: 'distinctPorts60s', value: 1204, baseline: 2, weight: 0.8 }],
    ...{ detectors: ['port-scan'], mitre: ['T1046'], flows: ['1:LQU9qZlK+B5F3KDmev6m5PMibrg='] },
  }
  return { key: id, event }
}

/** Writes the figures as a section of the report. */
export function renderForwarding(figures) {
  if (figures.skipped) return `## Forwarding\n\nNot measured: ${figures.skipped}.\n`
  const { count, bytes, rows } = figures
  const number = (value) => Math.round(value).toLocaleString('en')
  const lines = rows.map(
    ({ name, arrived, seconds, perSecond, problem }) =>
      `| ${name}${problem ? ` (${problem})` : ''} | ${number(arrived)} | ${seconds.toFixed(2)} | ${number(perSecond)} |`,
  )
  return `## Forwarding

${number(count)} events of ${number(bytes)} bytes of CEF to one rsyslogd on this machine, until the last was in its file; to files,\nSplunk, Elasticsearch and NATS as documents of ECS, until the last was there (for the two in the middle a server that follows their protocol).
Picket reads them from its record and encodes them; the others are given the finished lines.

| | arrived | seconds | events a second |
| --- | ---: | ---: | ---: |
${lines.join('\n')}
`
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const figures = await measureForwarding(Number(process.argv[2] ?? EVENTS))
  process.stdout.write(renderForwarding(figures))
}
