/**
 * Asks an agent's API again and again, as a SIEM and a dashboard would, and prints as JSON how long the
 * answers took (ms, in order) and which of them were not 200.
 *
 * Usage: `node test/support/api/api-probe.mjs TOKEN SECONDS`, where the agent runs.
 */
const PATHS = ['/v1/health', '/v1/events?limit=20']
const PAUSE_MS = 20

const [token, seconds] = process.argv.slice(2)
const endsAt = performance.now() + Number(seconds) * 1000
const headers = { authorization: `Bearer ${token}` }
const tookMs = []
const failures = []
for (let asked = 0; performance.now() < endsAt; asked += 1) {
  const path = PATHS[asked % PATHS.length]
  const startedAt = performance.now()
  try {
    const answer = await fetch(`http://127.0.0.1:8460${path}`, { headers })
    await answer.text()
    if (answer.status !== 200) failures.push(`${path}: ${answer.status}`)
  } catch (error) {
    failures.push(`${path}: ${error.cause?.message ?? error.message}`)
  }
  tookMs.push(Math.round((performance.now() - startedAt) * 10) / 10)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
process.stdout.write(JSON.stringify({ tookMs, failures }))
