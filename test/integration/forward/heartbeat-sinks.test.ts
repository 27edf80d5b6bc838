/** Heartbeats on their way beside events: they must not make a sink forget what it has under way. */
import { expect, it, onTestFinished } from 'vitest'
import { createForwarders } from '../../../src/forward/index.ts'
import { until } from '../../support/await-until.ts'
import { cefOf, sinkConfig } from '../../support/delivery/forwarding.ts'
import { forwarderGround } from '../../support/delivery/memory-sink.ts'
import { openedRecord, stories, temporaryFolder } from '../../support/record.ts'
import { startRsyslog } from '../../support/delivery/syslog/rsyslog.ts'

it('loses no event between heartbeats when the collector is killed, and no number that a message names', async () => {
  const folder = await temporaryFolder()
  const rsyslog = await startRsyslog({ folder, protocol: 'tcp' })
  const record = await openedRecord(folder)
  const forwarders = createForwarders({
    ...forwarderGround(record),
    config: { heartbeatSeconds: 0.02, sinks: [sinkConfig({ port: rsyslog.port })] },
    version: '0.1.0',
  })
  onTestFinished(() => forwarders.stop())
  const received = async () => (await rsyslog.messages()).map(cefOf)
  const beatsOf = (messages: Awaited<ReturnType<typeof received>>) =>
    messages.filter(({ signatureId }) => signatureId === 'health.heartbeat')

  for (let round = 0; round < 30; round += 1) {
    await record.events.save(stories(5), { forward: true })
    forwarders.wake()
    if (round % 10 === 5) {
      const { length } = beatsOf(await received())
      await until('a heartbeat has passed', async () =>
        beatsOf(await received()).length > length ? true : null,
      )
    }
    if (round === 15) {
      await rsyslog.kill()
      await rsyslog.start()
    }
  }
  const all = await until('all have arrived', async () => {
    const messages = await received()
    const events = messages.filter(({ signatureId }) => signatureId !== 'health.heartbeat')
    return new Set(events.map(({ extension }) => extension['cn1'])).size === 150 ? messages : null
  })
  expect(beatsOf(all).length).toBeGreaterThan(2)
  const numbers = new Set(['0', ...all.map(({ extension }) => extension['cn1'])])
  for (const { extension } of all) expect(numbers).toContain(extension['flexNumber1'])
})
