/**
 * A server that follows what Splunk documents of its Event Collector, or Elasticsearch of its bulk API: what it
 * has answered for is in its file, what it has only taken dies with it.
 *
 * Usage: `node collector-process.mjs '{"dialect", "host", "port", "output", "certificateFile", "keyFile"}'`.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:https'
import { gunzipSync } from 'node:zlib'

/** Splunk indexes what it has taken a little later. */
const INDEX_EVERY_MS = 500

const settings = JSON.parse(process.argv[2])
const { dialect, host, port, output, certificateFile, keyFile } = settings
const file = openSync(output, 'a')
const answer = { splunk, elastic }[dialect]()
const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
createServer(tls, (request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const bytes = Buffer.concat(chunks)
    const isGzip = request.headers['content-encoding'] === 'gzip'
    const { pathname } = new URL(request.url, 'https://collector')
    const told = answer(pathname, (isGzip ? gunzipSync(bytes) : bytes).toString('utf8'))
    response.writeHead(told === null ? 404 : 200).end(JSON.stringify(told ?? {}))
  })
}).listen(port, host, () => process.stdout.write('ready\n'))
process.on('SIGTERM', () => {
  closeSync(file)
  process.exit(0)
})

function keep(numbers) {
  writeSync(file, numbers.map((number) => `${number}\n`).join(''))
  fsyncSync(file)
}

/** A number for each request, which is told of as soon as its events are indexed. */
function splunk() {
  const waiting = new Map()
  const indexed = new Set()
  let requests = 0
  setInterval(() => {
    for (const [id, numbers] of waiting) {
      keep(numbers)
      waiting.delete(id)
      indexed.add(id)
    }
  }, INDEX_EVERY_MS)
  const tell = (ids) => {
    const acks = Object.fromEntries(ids.map((id) => [id, indexed.has(id)]))
    for (const id of ids) indexed.delete(id)
    return { acks }
  }
  return (path, text) => {
    if (path === '/services/collector/ack') return tell(JSON.parse(text).acks)
    if (path !== '/services/collector/event') return null
    const ackId = requests++
    waiting.set(
      ackId,
      text.split('\n').map((line) => JSON.parse(line).event.event.sequence),
    )
    return { text: 'Success', code: 0, ackId }
  }
}

/** A document is there once: `create` of an `_id` that is there answers 409. */
function elastic() {
  const there = new Set(
    existsSync(output) ? readFileSync(output, 'latin1').split('\n').filter(Boolean) : [],
  )
  return (path, text) => {
    if (path !== '/_bulk') return null
    const lines = text.slice(0, -1).split('\n')
    const fresh = []
    const items = Array.from({ length: lines.length / 2 }, (_, index) => {
      const number = String(JSON.parse(lines[2 * index + 1]).event.sequence)
      if (there.has(number)) return { create: { status: 409 } }
      there.add(number)
      fresh.push(number)
      return { create: { status: 201 } }
    })
    keep(fresh)
    return { errors: fresh.length < items.length, items }
  }
}
