/**
 * The agent as far as delivery goes: a record, its forwarders, and somebody who writes events.
 *
 * Usage: `node agent.mjs '{"directory", "sink", "total", "seconds"}'`. Goes on where it was killed; says
 * `refused` when the disk takes nothing, `recorded` when `total` event states are on it, `says …` when the sink
 * complains of something else than before, and ends at SIGTERM with everything stored.
 */
import { createForwarders } from '../../../dist/forward/index.js'
import { systemClock as clock } from '../../../dist/core/clock.js'
import { silentLog as log } from '../../../dist/core/log/log.js'
import { createMetrics } from '../../../dist/core/log/metrics.js'
import { uuidv7 } from '../../../dist/core/uuid.js'
import { validateConfig } from '../../../dist/config/index.js'
import { openRecord } from '../../../dist/record/index.js'

const BATCH = 25
const RETRY_MS = 200
const LOOK_MS = 50

const { directory, sink, total, seconds } = JSON.parse(process.argv[2])
const config = validateConfig({ forward: { heartbeatSeconds: 0, sinks: [sink] } }, '')
const record = await openRecord({ directory, clock, log, config: config.record })
const forwarders = createForwarders({
  ...{ config: config.forward, record, log, clock, version: '0.1.0', metrics: createMetrics() },
  facts: () => Promise.reject(new Error('no heartbeats here')),
  tell: () => undefined,
})
let complaint = null
const looking = setInterval(() => {
  const { lastError } = forwarders.health()[0]
  if (lastError !== null && lastError !== complaint) process.stdout.write(`says ${lastError}\n`)
  complaint = lastError
}, LOOK_MS)
let isEnding = false
process.on('SIGTERM', async () => {
  isEnding = true
  clearInterval(looking)
  await forwarders.stop()
  await record.close()
  process.exit(0)
})
await write()
process.stdout.write('recorded\n')

async function write() {
  const startedMs = performance.now()
  const before = record.events.lastSequence()
  while (!isEnding && record.events.lastSequence() < total) {
    const done = record.events.lastSequence()
    const size = Math.min(BATCH, total - done)
    await save(Array.from({ length: size }, (_, index) => story(done + index + 1)))
    forwarders.wake()
    const dueMs = (1000 * seconds * (done + size - before)) / total
    await pause(Math.max(0, dueMs - (performance.now() - startedMs)))
  }
}

/** A full disk refuses; whoever detects tries again, as the agent's intake does. */
async function save(stories) {
  for (;;) {
    try {
      return await record.events.save(stories, { forward: true })
    } catch (failure) {
      if (failure.code !== 'ERR_RECORD_WRITE' || isEnding) throw failure
      process.stdout.write('refused\n')
      await pause(RETRY_MS)
    }
  }
}

function story(number) {
  const now = new Date().toISOString()
  const event = {
    ...{ id: uuidv7(Date.now()), sequence: 0, revision: 1, agent: record.agentId },
    ...{ interface: 'eth0', kind: 'scan.vertical.syn', family: 'scan', severity: 6 },
    ...{ confidence: 0.97, verdict: 'alert', simulated: false, decision: 'policy only alerts' },
    ...{ attacker: '192.0.2.7', victims: ['10.0.0.5'], host: null, domain: null },
    ...{ firstSeen: now, lastSeen: now, count: number, summary: `story ${number} of ${total}` },
    reasons: [{ feature: 'distinctPorts60s', value: number, baseline: 2, weight: 0.8 }],
    ...{ detectors: ['port-scan'], mitre: ['T1046'], flows: [], incident: null, process: null },
  }
  return { key: event.id, event }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
