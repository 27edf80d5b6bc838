/** Looks into the record that a replay left: did both forests really score? */
const NEWEST = 1000

/** Counts, among the newest flows on record, those with a score of each forest. */
export async function countScored(directory) {
  const { openRecord } = await import('../../../dist/record/index.js')
  const { validateConfig } = await import('../../../dist/config/index.js')
  const { systemClock } = await import('../../../dist/core/clock.js')
  const { silentLog } = await import('../../../dist/core/log/log.js')
  const config = validateConfig({}, 'defaults').record
  const options = { directory, config, clock: systemClock, log: silentLog, mode: 'read' }
  const record = await openRecord(options)
  try {
    const { items } = await record.flows.list({ limit: NEWEST })
    const withScore = (key) => items.filter((flow) => flow[key] !== null).length
    const [anomaly, attack] = ['anomalyScore', 'attackScore'].map(withScore)
    return { flows: items.length, anomaly, attack }
  } finally {
    await record.close()
  }
}
