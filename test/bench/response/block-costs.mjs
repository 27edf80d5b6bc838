/** What blocks cost: putting 10,000 in, and the throughput of the packet path with many of them in force. */
import { createIpsetFirewall } from '../../../dist/respond/firewalls/iptables/with-ipset.js'
import { createNftablesFirewall } from '../../../dist/respond/firewalls/nftables.js'
import { runCommand } from '../../../dist/respond/command.js'
import { runToEnd, startOne } from '../../support/hosts/veth-pair.mjs'

const ADDED = 10_000
/** One by one it takes a quarter of a minute for 10,000; the rest is reckoned. */
const ONE_BY_ONE = 500
const IN_FORCE = [0, 1_000, 100_000]
const RULES = [1_000, 10_000, 100_000]
const SEND_SECONDS = 3
const PORT = 5202
const makers = { ipset: createIpsetFirewall, nftables: createNftablesFirewall }

/** Shape: `adding: [{ blocks, how, ms }]`, `throughput: [{ blocks, how, gigabits }]`. */
export async function measureBlockCosts({ pair, victim }) {
  const run = (tool, args, options) =>
    runCommand('ip', ['netns', 'exec', pair.receiver, tool, ...args], options)
  return {
    adding: await measureAdding(run, pair),
    throughput: await measureThroughput(run, { pair, victim }),
  }
}

async function measureAdding(run, pair) {
  const adding = []
  for (const [how, make] of Object.entries(makers)) {
    const firewall = make({ run, maxEntries: 200_000 })
    await firewall.synchronise([])
    const ms = await timed(() => firewall.add(entries(ADDED)))
    adding.push({ blocks: ADDED, how: `Picket, ${how}: one call`, ms })
    await firewall.teardown()
  }
  const one = async () => {
    for (const { target } of entries(ONE_BY_ONE)) {
      await runToEnd(pair.receiver, 'iptables', ['-A', 'INPUT', '-s', target, '-j', 'DROP'])
    }
  }
  adding.push({ blocks: ONE_BY_ONE, how: '`iptables -A`, one by one', ms: await timed(one) })
  await run('iptables', ['-F', 'INPUT'])
  return adding
}

async function measureThroughput(run, target) {
  const found = []
  for (const [how, make] of Object.entries(makers)) {
    for (const blocks of IN_FORCE) {
      const firewall = make({ run, maxEntries: 200_000 })
      await firewall.synchronise(entries(blocks))
      found.push({ blocks, how: `Picket, ${how}`, gigabits: await gigabits(target) })
      await firewall.teardown()
    }
  }
  for (const blocks of RULES) {
    const rules = entries(blocks).map(({ target: from }) => `-A INPUT -s ${from} -j DROP`)
    await run('iptables-restore', ['--noflush'], {
      input: ['*filter', ...rules, 'COMMIT', ''].join('\n'),
    })
    found.push({ blocks, how: 'a rule of iptables each', gigabits: await gigabits(target) })
    await run('iptables', ['-F', 'INPUT'])
  }
  return found
}

/** TCP from the sender to the receiver, as much as goes; segments of 1,500 bytes, offloads off. */
async function gigabits({ pair, victim }) {
  for (const [namespace, link] of [
    [pair.sender, pair.sendingInterface],
    [pair.receiver, pair.receivingInterface],
  ]) {
    await runToEnd(namespace, 'ip', [
      'link',
      'set',
      link,
      'gso_max_segs',
      '1',
      'gro_max_size',
      '1500',
    ])
  }
  const sink = startOne(pair.receiver, process.execPath, ['-e', SINK, String(PORT)])
  await sink.said(/ready/)
  const argv = ['-e', SOURCE, victim, String(PORT), String(SEND_SECONDS)]
  await runToEnd(pair.sender, process.execPath, argv)
  await sink.ended
  const { bytes, seconds } = JSON.parse(/\{.*\}/.exec(sink.printed())[0])
  return (bytes * 8) / seconds / 1e9
}

const SINK = `
  let bytes = 0, from = 0
  const server = require('node:net').createServer((socket) => {
    from = performance.now()
    socket.on('data', (chunk) => (bytes += chunk.length))
    socket.on('close', () => {
      process.stdout.write(JSON.stringify({ bytes, seconds: (performance.now() - from) / 1000 }), () => process.exit())
    })
  })
  server.listen(Number(process.argv[1]), () => process.stdout.write('ready\\n'))`

const SOURCE = `
  const [host, port, seconds] = process.argv.slice(1)
  const chunk = Buffer.alloc(65536)
  const socket = require('node:net').connect(Number(port), host, () => {
    const untilMs = performance.now() + Number(seconds) * 1000
    const more = () => {
      while (performance.now() < untilMs) if (!socket.write(chunk)) return socket.once('drain', more)
      socket.end()
    }
    more()
  })`

function entries(count) {
  return Array.from({ length: count }, (_, index) => ({
    target: `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
    ...{ family: 4, direction: 'both', protocol: null, ports: null, remainingSeconds: 3600 },
  }))
}

async function timed(work) {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}
