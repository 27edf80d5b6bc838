/**
 * Where a delivery is tried: two network namespaces on one link, named by this process and a number, a small disk
 * for the agent, and keys for the server. Needs root; `remove` takes all of it away.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeKeys } from './certificates.mjs'

const DISK_MEGABYTES = 160
let places = 0

/** Makes the place. `children` started in it are killed when it is removed. */
export function makePlace() {
  const folder = mkdtempSync(join(tmpdir(), 'pk-delivery-'))
  const disk = join(folder, 'agent')
  const children = new Set()
  const name = `pk${process.pid}-${(places += 1)}`
  const agent = { address: '10.79.0.1', name: `${name}-agent` }
  const siem = { address: '10.79.0.2', name: `${name}-siem` }
  mkdirSync(disk)
  run('mount', '-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m,mode=700`, 'picket', disk)
  for (const { name } of [agent, siem]) run('ip', 'netns', 'add', name)
  const peer = ['type', 'veth', 'peer', 'name', 'wire1', 'netns', siem.name]
  run('ip', 'link', 'add', 'wire0', 'netns', agent.name, ...peer)
  plugIn(agent, 'wire0')
  plugIn(siem, 'wire1')
  return {
    folder,
    disk,
    siem: siem.address,
    keys: makeKeys(folder, siem.address),
    startAgent: (args) => start(agent, children, args, 'inherit'),
    // What a server complains of is what was done to it.
    startServer: (args) => start(siem, children, args, 'ignore'),
    cutNetwork: () => iptables(siem, '-A'),
    mendNetwork: () => iptables(siem, '-D'),
    fillDisk: () => fill(disk),
    freeDisk: () => rmSync(join(disk, 'filler')),
    remove: () => remove([agent, siem], folder, disk, children),
  }
}

function plugIn({ name, address }, link) {
  run('ip', '-n', name, 'addr', 'add', `${address}/24`, 'dev', link)
  for (const up of [link, 'lo']) run('ip', '-n', name, 'link', 'set', up, 'up')
}

function start({ name }, children, [command, ...args], complaints) {
  const child = spawn('ip', ['netns', 'exec', name, command, ...args], {
    stdio: ['ignore', 'pipe', complaints],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Nothing comes in at the SIEM and nothing goes out, as if somebody had pulled the plug. */
function iptables({ name }, change) {
  for (const [chain, direction] of [
    ['INPUT', '-i'],
    ['OUTPUT', '-o'],
  ]) {
    const rule = [chain, direction, 'wire1', '-j', 'DROP']
    run('ip', 'netns', 'exec', name, 'iptables', '-w', change, ...rule)
  }
}

function fill(disk) {
  const { bavail, bsize } = statfsSync(disk)
  try {
    writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize))
  } catch (failure) {
    // The database has grown meanwhile: the disk is as full as it gets.
    if (failure.code !== 'ENOSPC') throw failure
  }
}

async function remove(hosts, folder, disk, children) {
  for (const child of [...children]) {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  for (const { name } of hosts) run('ip', 'netns', 'del', name)
  run('umount', disk)
  rmSync(folder, { recursive: true })
}

function run(command, ...args) {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
