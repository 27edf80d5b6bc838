/** Whom the measured policy would have blocked in innocent traffic: captures of honest programs, replayed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../check/root.mjs'
import { POLICY } from './guessers.mjs'

const SECONDS_A_CAPTURE = 20
const main = join(root, 'dist', 'main.js')
const maker = join(root, 'test', 'support', 'captures', 'innocent-captures.mjs')

/**
 * Replays innocent captures under the policy.
 *
 * Shape: `{ blocked, hosts, packets }`: hosts are those that spoke, blocked those of whom an event says that it
 * would have been blocked. Further captures are taken from the folder that PICKET_INNOCENT_CAPTURES names.
 */
export async function measureFalseBlocks(folder) {
  const made = join(folder, 'innocents')
  mkdirSync(made)
  execFileSync(process.execPath, [maker, made, String(SECONDS_A_CAPTURE)], { stdio: 'ignore' })
  const more = process.env.PICKET_INNOCENT_CAPTURES
  const captures = [made, ...(more === undefined ? [] : [more])].flatMap(capturesIn)
  const config = join(folder, 'innocents.json')
  writeFileSync(config, JSON.stringify({ policy: { ...POLICY, mode: 'alert' } }))
  const blocked = new Set()
  const totals = { hosts: 0, packets: 0 }
  for (const capture of captures) {
    const argv = [main, 'replay', capture, '--json', '--config', config]
    const printed = execFileSync(process.execPath, argv, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    for (const line of printed.split('\n').filter(Boolean)) {
      const { attacker, simulated } = JSON.parse(line)
      if (simulated) blocked.add(`${capture} ${attacker}`)
    }
    const { hosts, packets } = spokenIn(capture)
    totals.hosts += hosts
    totals.packets += packets
  }
  return { blocked: blocked.size, captures: captures.length, ...totals }
}

const capturesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(folder, name))

/** Counted by tcpdump, who knows nothing of ours. */
function spokenIn(capture) {
  const argv = ['-nn', '-q', '-r', capture, 'ip or ip6']
  const printed = execFileSync('tcpdump', argv, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const lines = printed.split('\n').filter(Boolean)
  const hosts = new Set(lines.map((line) => / IP6? (\S+?)(?:\.\d+)? > /.exec(line)?.[1]))
  return { hosts: hosts.size, packets: lines.length }
}
