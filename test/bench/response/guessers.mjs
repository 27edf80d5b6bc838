/** Rounds of guessing against Picket and against fail2ban: from what crosses the threshold to the dropped packet. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../../dist/record/sqlite/driver.js'
import { root } from '../../check/root.mjs'
import { runToEnd, startOne } from '../../support/hosts/veth-pair.mjs'
import { guessUntilKeptOut } from './guessed-sshd.mjs'

/** What fail2ban takes for guessing by its own default. */
const MAX_RETRY = 5
const main = join(root, 'dist', 'main.js')

/** The policy that is measured; its false blocks are counted beside it. */
export const POLICY = {
  mode: 'block',
  blockWhen: [{ kind: 'bruteforce', minSeverity: 4, minConfidence: 0.7, ttlSeconds: 600 }],
  maxBlocksPerMinute: 1000,
}

/**
 * Gives, for each round in which the guesser was kept out, ms from the packet by which the event was first told to
 * the last datagram that arrived (`ms`), and to the order of the block (`orderMs`).
 */
export async function measurePicket({ pair, folder, victim, firewall, rounds }) {
  const data = join(folder, `data-${firewall}`)
  const file = join(folder, `picket-${firewall}.json`)
  const capture = { interfaces: [pair.receivingInterface] }
  writeFileSync(file, JSON.stringify({ capture, respond: { firewall }, policy: POLICY }))
  const argv = [main, 'start', '--config', file, '--data-dir', data]
  const agent = startOne(pair.receiver, process.execPath, argv)
  const keptOutAt = new Map()
  try {
    await agent.said(/Picket is running/)
    for (let round = 0; round < rounds; round += 1) {
      const from = `10.78.${firewall === 'iptables' ? 1 : 2}.${round + 1}`
      keptOutAt.set(from, await guessUntilKeptOut({ pair, folder, victim }, from))
    }
  } finally {
    await agent.end()
  }
  return reactionsOf(join(data, 'picket.db'), keptOutAt)
}

/** The first state of each attacker's event tells by which packet it was detected. */
function reactionsOf(path, keptOutAt) {
  const database = new Database(path, { readonly: true })
  const states = database
    .prepare('SELECT body FROM event_revisions ORDER BY sequence')
    .all()
    .map(({ body }) => JSON.parse(body))
  const blocks = database.prepare('SELECT target, created_at_ms AS orderedAtMs FROM blocks').all()
  database.close()
  return [...keptOutAt].flatMap(([from, atMs]) => {
    const told = states.find(({ attacker, verdict }) => attacker === from && verdict === 'block')
    const block = blocks.find(({ target }) => target === from)
    if (atMs === null || told === undefined || block === undefined) return []
    const crossedAtMs = Date.parse(told.lastSeen)
    // The last datagram before the packet that crossed: it was kept out at once, as far as can be told.
    return [{ ms: Math.max(0, atMs - crossedAtMs), orderMs: block.orderedAtMs - crossedAtMs }]
  })
}

/** Gives ms from the log line that makes five to the last datagram that arrived; null where it is not installed. */
export async function measureFail2ban({ pair, folder, victim, sshd, rounds }) {
  const program = ['/usr/bin/fail2ban-server', '/usr/local/bin/fail2ban-server'].find(existsSync)
  if (program === undefined) return null
  const home = join(folder, 'fail2ban')
  mkdirSync(home)
  const socket = join(home, 'fail2ban.sock')
  const server = startOne(pair.receiver, program, [
    ...['-f', '-x', '-s', socket, '-p', join(home, 'fail2ban.pid')],
    ...['-c', configure(home, sshd.log), '--loglevel', 'INFO', '--logtarget', join(home, 'log')],
  ])
  const reactions = []
  try {
    await started(pair, socket)
    for (let round = 0; round < rounds; round += 1) {
      const from = `10.78.3.${round + 1}`
      const keptOutAt = await guessUntilKeptOut({ pair, folder, victim }, from)
      const crossedAt = sshd.failures.get(from)?.[MAX_RETRY - 1]
      if (keptOutAt !== null && crossedAt !== undefined) {
        reactions.push({ ms: Math.max(0, keptOutAt - crossedAt) })
      }
    }
  } finally {
    await server.end()
  }
  return reactions
}

/** Debian's own filters and actions, and one jail. */
function configure(home, log) {
  const include = '/etc/fail2ban'
  const lines = [
    ...['[DEFAULT]', 'backend = auto', 'dbfile = None', 'allowipv6 = no'],
    // There is no name server in the namespace, and waiting for one is not what is measured.
    ...['usedns = no', 'ignoreself = false'],
    ...[`maxretry = ${MAX_RETRY}`, 'findtime = 600', 'bantime = 600'],
    ...['[sshd]', 'enabled = true', 'filter = sshd', `logpath = ${log}`],
    // Of TCP alone by default, which would let the datagrams go on that are measured by.
    'action = iptables-ipset-proto6-allports[name=sshd, protocol=all]',
  ]
  mkdirSync(join(home, 'config'))
  writeFileSync(join(home, 'config', 'jail.conf'), `${lines.join('\n')}\n`)
  writeFileSync(
    join(home, 'config', 'fail2ban.conf'),
    '[Definition]\ndbfile = None\nallowipv6 = no\n',
  )
  for (const part of ['filter.d', 'action.d']) {
    symlinkSync(join(include, part), join(home, 'config', part))
  }
  return join(home, 'config')
}

async function started(pair, socket) {
  for (let waited = 0; waited < 100; waited += 1) {
    try {
      await runToEnd(pair.receiver, 'fail2ban-client', ['-s', socket, 'status', 'sshd'])
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  throw new Error('fail2ban does not start')
}
