/**
 * How soon a guesser is kept out, live in namespaces, beside fail2ban on the same guessing at the same sshd; and
 * what blocks cost: putting 10,000 in, and the packet path with none, 1,000 and 100,000 of them. Needs root,
 * sshd, ssh, tcpdump, iptables, ipset; fail2ban and CrowdSec are left out where they are not there.
 *
 * Usage: `node test/bench/response.mjs [ROUNDS]` (default 20) prints the section by itself; test/bench/run.mjs puts it
 * into RESULTS.md.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeVethPair, runToEnd } from '../support/hosts/veth-pair.mjs'
import { measureBlockCosts } from './response/block-costs.mjs'
import { measureCrowdsec } from './response/crowdsec.mjs'
import { measureFalseBlocks } from './response/false-blocks.mjs'
import { measureFail2ban, measurePicket } from './response/guessers.mjs'
import { startSshd } from './response/guessed-sshd.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const SENDER = '10.78.0.1'
const RECEIVER = '10.78.0.2'
const ROUNDS = 20
/** How often CrowdSec's bouncer asks, in seconds: as fast as it can be told to, and as it comes. */
const POLLS = [1, 10]

/** Shape: `{ skipped }` with the reason; else reactions in ms of both, what blocks cost, and false blocks. */
export async function measureResponse({ rounds = ROUNDS } = {}) {
  const missing = whatIsMissing()
  if (missing !== null) return { skipped: missing }
  const folder = temporaryFolder('picket-response-')
  const pair = await makeVethPair()
  try {
    await address(pair.sender, pair.sendingInterface, SENDER)
    await address(pair.receiver, pair.receivingInterface, RECEIVER)
    const target = { pair, folder, victim: RECEIVER, rounds }
    const sshd = await startSshd(target)
    const picket = []
    for (const firewall of ['iptables', 'nftables']) {
      picket.push({ firewall, reactions: await measurePicket({ ...target, sshd, firewall }) })
    }
    const fail2ban = await measureFail2ban({ ...target, sshd })
    const crowdsec = []
    for (const pollSeconds of POLLS) {
      const reactions = await measureCrowdsec({ ...target, sshd }, pollSeconds)
      crowdsec.push({ pollSeconds, reactions })
    }
    await sshd.end()
    return {
      rounds,
      picket,
      fail2ban,
      crowdsec,
      costs: await measureBlockCosts(target),
      falseBlocks: await measureFalseBlocks(folder),
    }
  } finally {
    await pair.remove()
    removeFolder(folder)
  }
}

/** The figures as a section of RESULTS.md. */
export function renderResponse(figures) {
  if (figures.skipped !== undefined) return `## The response\n\nNot measured: ${figures.skipped}.\n`
  const { rounds, picket, fail2ban, crowdsec, costs, falseBlocks } = figures
  const rows = [
    ...picket.map(({ firewall, reactions }) =>
      reactionRow(`Picket, ${firewall}`, rounds, reactions),
    ),
    fail2ban === null
      ? '| fail2ban | not installed | | | | |'
      : reactionRow('fail2ban, iptables-ipset', rounds, fail2ban),
    ...crowdsec.map(({ pollSeconds, reactions }) => {
      const name = `CrowdSec, iptables, asked every ${pollSeconds} s`
      return reactions === null
        ? `| ${name} | not there | | | | |`
        : reactionRow(name, rounds, reactions)
    }),
  ]
  return `## The response

An attacker guesses passwords at an sshd over a veth pair, each round from an address of its own, and sends a
datagram every 2 ms beside it; it is kept out from the moment when none of them arrives any more. Measured from what
crosses the threshold: of Picket the packet by which it detected (the event's own time), of the others the line of the log,
which comes later than the packet. The last column is the part up to the order: capture, sensor, decision, event on disk.

| program | kept out | p50 | p99 | at most | to the order, p50 |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}

False blocks of the same policy on innocent traffic: ${falseBlocks.blocked} of ${falseBlocks.hosts} hosts in ${falseBlocks.packets} packets.

| blocks | how | time |
| ---: | --- | ---: |
${costs.adding.map(({ blocks, how, ms }) => `| ${count(blocks)} | ${how} | ${count(ms)} ms |`).join('\n')}

| blocks in force | how | TCP throughput |
| ---: | --- | ---: |
${costs.throughput.map(({ blocks, how, gigabits }) => `| ${count(blocks)} | ${how} | ${gigabits.toFixed(2)} Gbit/s |`).join('\n')}
`
}

function reactionRow(name, rounds, reactions) {
  if (reactions.length === 0) return `| ${name} | 0 of ${rounds} | | | | |`
  const share = (key, part) => {
    const sorted = reactions.map((one) => one[key]).sort((one, other) => one - other)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  }
  const ms = (value) => (value === undefined ? '' : `${count(value)} ms`)
  const cells = [share('ms', 0.5), share('ms', 0.99), share('ms', 1), share('orderMs', 0.5)].map(ms)
  return `| ${[name, `${reactions.length} of ${rounds}`, ...cells].join(' | ')} |`
}

const count = (value) => Math.round(value).toLocaleString('en')

async function address(namespace, link, text) {
  await runToEnd(namespace, 'ip', ['addr', 'add', `${text}/16`, 'dev', link])
}

function whatIsMissing() {
  if (process.getuid?.() !== 0) return 'it needs root'
  const folders = [...process.env.PATH.split(':'), '/usr/sbin', '/sbin']
  const isThere = (name) => folders.some((folder) => existsSync(join(folder, name)))
  const needed = ['sshd', 'ssh', 'ssh-keygen', 'tcpdump', 'iptables', 'ipset', 'nft', 'ip']
  const missing = needed.filter((name) => !isThere(name))
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = process.argv[2] === undefined ? ROUNDS : Number(process.argv[2])
  process.stdout.write(renderResponse(await measureResponse({ rounds })))
}
