/**
 * Makes captures of busy but honest programs, which public captures lack: health checks, pollers, crawlers,
 * clients of dead servers. With their rows in a truth file a random forest learns not to accuse them.
 *
 * Usage: as root, `node test/support/captures/innocent-captures.mjs FOLDER [SECONDS]` (default 90). Everything
 * happens on the loopback of a network namespace of its own, which is removed in the end; the talks are made by
 * real sockets. Writes FOLDER/*.pcap and FOLDER/innocents.json, whose rows are those of a truth file.
 */
import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NAMESPACE = `picket-innocents-${process.pid}`
const PEERS = 60
const DROPPED_PORT = 5433

/** Each has a network of its own, 10.99.N.0/24: `.250` talks to the peers from `.1` on, so often a second. */
const innocents = [
  { name: 'service-checks', perSecond: 6, act: (n, at) => talk(n, peer(n, at), 25, []) },
  { name: 'load-balancer-checks', perSecond: 4, act: (n, at) => talk(n, peer(n, 0), 8080, at % 3 ? ['GET /health'] : []) },
  { name: 'crawler', perSecond: 3, act: (n) => talk(n, peer(n, 0), 8080, [`GET ${500 + random(60_000)}`]) },
  { name: 'api-calls', perSecond: 8, act: (n) => talk(n, peer(n, 0), 8080, [`POST ${'x'.repeat(random(900))}`]) },
  { name: 'database-clients', perSecond: 5, act: (n) => talk(n, peer(n, random(3)), 5432, Array.from({ length: 1 + random(6) }, () => 'SELECT')) },
  { name: 'server-down', perSecond: 1.5, act: (n) => talk(n, peer(n, 0), 5999, []) },
  { name: 'servers-restarting', perSecond: 8, act: (n, at) => talk(n, peer(n, random(8)), at % 60 < 30 ? 8080 : 5999, ['GET /']) },
  { name: 'server-gone', perSecond: 1, act: (n) => talk(n, peer(n, random(2)), DROPPED_PORT, []) },
  { name: 'metrics-scraper', perSecond: 5, act: (n, at) => talk(n, peer(n, at), 9100 + (at % 7), ['GET 9000']) },
  { name: 'microservices', perSecond: 12, act: (n) => talk(n, peer(n, random(30)), 8000 + random(25), ['GET 800']) },
  { name: 'resolver-client', peers: { 53: 1 }, perSecond: 20, act: (n) => ask(n, peer(n, 0), 53, 30 + random(40)) },
  { name: 'device-poller', peers: { 161: 60 }, perSecond: 10, act: (n, at) => ask(n, peer(n, at), 161, 40 + random(10)) },
  { name: 'log-sender', peers: { 514: 1 }, perSecond: 8, act: (n) => ask(n, peer(n, 0), 514, 80 + random(300)) },
  { name: 'time-client', peers: { 123: 4 }, perSecond: 1, act: (n) => ask(n, peer(n, random(4)), 123, 48) },
] // prettier-ignore

let seed = 7
/** A whole number below `bound`; the same order in every run, though not the same times. */
function random(bound) {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed % bound
}

const peer = (n, at) => `10.99.${n}.${1 + (at % PEERS)}`
const client = (n) => `10.99.${n}.250`

/** Opens a connection, says each line and waits for its answer, and closes. */
function talk(n, host, port, lines) {
  const socket = connect({ host, port, localAddress: client(n) })
  const waiting = [...lines]
  const next = () => {
    const line = waiting.shift()
    if (line === undefined) socket.end()
    else socket.write(`${line}\n`)
  }
  // A service that greets is let greet before it is asked.
  socket.on('data', next).on('error', () => undefined)
  socket.setTimeout(8000, () => socket.destroy())
}

function ask(n, host, port, bytes) {
  const socket = createSocket('udp4')
  socket.on('message', () => socket.close()).on('error', () => socket.close())
  socket.bind(0, client(n), () => socket.send(Buffer.alloc(bytes, 'q'), port, host))
  setTimeout(() => {
    if (port === 514) socket.close()
  }, 100)
}

function serve() {
  const ports = [25, 8080, 5432, ...Array.from({ length: 7 }, (_, at) => 9100 + at)]
  const many = Array.from({ length: 25 }, (_, at) => 8000 + at)
  for (const port of [...ports, ...many]) {
    const server = createServer((socket) => {
      socket.write('220 ready\r\n')
      socket.on('data', (data) => {
        const asked = Number(/\d+/.exec(data.toString())?.[0] ?? 200)
        setTimeout(() => socket.writable && socket.write('a'.repeat(asked)), random(20))
      })
      socket.on('error', () => undefined).on('end', () => socket.end())
    })
    server.listen(port, '0.0.0.0')
  }
  for (const [n, { peers }] of innocents.entries()) {
    for (const port of [53, 161, 123, 514]) {
      for (let at = 0; at < (peers?.[port] ?? 0); at += 1) serveDatagrams(peer(n, at), port)
    }
  }
}

/** Answers from the very address that was asked; a log collector never does. */
function serveDatagrams(address, port) {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    if (port === 514) return
    const answer = Buffer.alloc(message.length + random(120), 'a')
    setTimeout(() => socket.send(answer, from.port, from.address), random(12))
  })
  socket.bind(port, address)
}

/** Runs inside the namespace: serves, and lets every innocent act at its own uneven pace. */
async function act(seconds) {
  serve()
  await pause(500)
  const endsAt = Date.now() + seconds * 1000
  await Promise.all(
    innocents.map(async ({ perSecond, act: once }, n) => {
      for (let at = 0; Date.now() < endsAt; at += 1) {
        once(n, at)
        await pause((1000 / perSecond) * (0.5 + random(1000) / 1000))
      }
    }),
  )
  await pause(1000)
}

async function makeCaptures(folder, seconds) {
  mkdirSync(folder, { recursive: true })
  const inside = (...argv) => ['netns', 'exec', NAMESPACE, ...argv]
  await run('ip', ['netns', 'add', NAMESPACE])
  try {
    await run('ip', inside('ip', 'link', 'set', 'lo', 'mtu', '1500', 'up'))
    // On the loopback a host has every address of its network.
    await run('ip', inside('ip', 'addr', 'add', '10.99.0.1/16', 'dev', 'lo'))
    await run('ip', inside('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', String(DROPPED_PORT), '-j', 'DROP')) // prettier-ignore
    const dumps = innocents.map(({ name }, n) =>
      spawn('ip', inside('tcpdump', '-i', 'lo', '-U', '-w', join(folder, `${name}.pcap`), 'net', `10.99.${n}.0/24`), { stdio: 'ignore' })) // prettier-ignore
    await pause(1500)
    const self = fileURLToPath(import.meta.url)
    await run('ip', inside(process.execPath, self, '--inside', String(seconds)))
    await pause(500)
    const ended = dumps.map((dump) => once(dump, 'exit'))
    for (const dump of dumps) dump.kill('SIGTERM')
    await Promise.all(ended)
  } finally {
    await run('ip', ['netns', 'del', NAMESPACE])
  }
  const rows = innocents.map(({ name }) => ({
    name: `innocent-${name}`,
    file: `${name}.pcap`,
    kind: 'benign',
    attack_types: [],
    attacker_ips: [],
    victim_ips: [],
    origin: 'test/support/captures/innocent-captures.mjs',
  }))
  writeFileSync(join(folder, 'innocents.json'), `${JSON.stringify(rows, null, 1)}\n`)
}

const [first, second] = process.argv.slice(2)
if (first === undefined) {
  process.stderr.write('usage: node test/support/captures/innocent-captures.mjs FOLDER [SECONDS]\n')
  process.exitCode = 2
} else if (first === '--inside') {
  await act(Number(second))
  // The servers would keep the process for ever.
  process.exit(0)
} else {
  await makeCaptures(first, Number(second ?? 90))
}
