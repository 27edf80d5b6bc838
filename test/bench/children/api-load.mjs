/**
 * Asks a running agent's API as fast as it answers, over so many connections that are kept, and prints as JSON how
 * many requests a second there were and how long they took. Arguments: token, seconds of each kind, and `blocks` where
 * nothing else is to be asked for.
 */
import { Agent, request } from 'node:http'

const [token, secondsText, only] = process.argv.slice(2)
const SECONDS = Number(secondsText)
const CONNECTIONS = 8
const STREAMS = 8
const STREAMED = 20
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
const authorization = `Bearer ${token}`

function call(method, path, body, options = {}) {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      authorization,
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      ...options.headers,
    }
    const asked = { host: '127.0.0.1', port: 8460, agent, method, path, ...options, headers }
    const sent = request(asked, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject)
    sent.end(payload)
  })
}

async function measure(one) {
  const tookMs = []
  const statuses = {}
  const startedAt = performance.now()
  const untilMs = startedAt + SECONDS * 1000
  let next = 0
  const asker = async () => {
    while (performance.now() < untilMs) {
      const at = performance.now()
      const status = await one((next += 1))
      tookMs.push(performance.now() - at)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, asker))
  const seconds = (performance.now() - startedAt) / 1000
  return { perSecond: tookMs.length / seconds, ...shares(tookMs), statuses }
}

function shares(tookMs) {
  const sorted = tookMs.sort((one, other) => one - other)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return { p50: at(0.5), p99: at(0.99), most: sorted.at(-1) }
}

/** From the request that makes an event to the event on each of several streams. */
async function measureStreams() {
  const tookMs = []
  const seen = []
  for (let at = 0; at < STREAMS; at += 1) seen.push(await openStream())
  for (let event = 1; event <= STREAMED; event += 1) {
    // Each address of this host is a peer of its own: its tenth refused login is an event.
    const bad = { localAddress: `127.0.1.${event}`, agent: undefined }
    const headers = { authorization: 'Bearer none' }
    for (let failure = 1; failure < 10; failure += 1)
      await call('GET', '/v1/feeds', undefined, { ...bad, headers })
    const arrived = seen.map((stream) => stream.next(bad.localAddress))
    const startedAt = performance.now()
    await call('GET', '/v1/feeds', undefined, { ...bad, headers })
    tookMs.push(...(await Promise.all(arrived)).map((at) => at - startedAt))
  }
  for (const stream of seen) stream.close()
  return { events: STREAMED, streams: STREAMS, ...shares(tookMs) }
}

function openStream() {
  return new Promise((resolve, reject) => {
    const waiting = new Map()
    const path = '/v1/events/stream?kind=bruteforce.api'
    const asked = { host: '127.0.0.1', port: 8460, path, agent: false, headers: { authorization } }
    const sent = request(asked, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`stream: ${response.statusCode}`))
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
        const blocks = text.split('\n\n')
        text = blocks.pop()
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1]
          if (data !== undefined) waiting.get(JSON.parse(data).attacker)?.(performance.now())
        }
      })
      response.on('error', () => undefined)
      const next = (address) => new Promise((arrive) => waiting.set(address, arrive))
      resolve({ next, close: () => sent.destroy() })
    })
    sent.on('error', (error) => (waiting.size === 0 ? reject(error) : undefined))
    sent.end()
  })
}

const address = (n) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
const blocks = {
  block: await measure((n) => call('POST', '/v1/blocks', { target: address(n), ttlSeconds: 600 })),
}
const others = async () => ({
  query: await measure(() => call('GET', '/v1/events?minSeverity=4&limit=50')),
  flows: await measure(() => call('GET', '/v1/flows?port=443&limit=50')),
  health: await measure(() => call('GET', '/v1/health')),
  stream: await measureStreams(),
})
const figures = { ...blocks, ...(only === 'blocks' ? {} : await others()) }
agent.destroy()
process.stdout.write(JSON.stringify(figures))
