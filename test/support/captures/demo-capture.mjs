/**
 * Makes `test/data/demo.pcap` and `demo.json` anew: a victim, an attacker and an innocent neighbour,
 * each in a network namespace of its own, with real tools; captured at the victim's interface.
 *
 * Usage: `node test/support/captures/demo-capture.mjs` as root, about two minutes. Needs what `npm test`
 * installs. Nothing reaches the host's own network: the switch between the three has no uplink, and
 * the answers to spoofed sources end at a gateway that does not exist.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const dataFolder = fileURLToPath(new URL('../../data/', import.meta.url))
const hosts = {
  victim: { ipv4: '192.0.2.10', ipv6: '2001:db8::10' },
  attacker: { ipv4: '192.0.2.66', ipv6: '2001:db8::66' },
  neighbour: { ipv4: '192.0.2.20', ipv6: '2001:db8::20' },
}
const SWITCH = 'pkdemo-switch'
const snapLengthBytes = '256'
const passwordsTried = 128

const namespaceOf = (host) => `pkdemo-${host}`
const inHost = (host, argv) => ['ip', 'netns', 'exec', namespaceOf(host), ...argv]
const runIn = async (host, ...argv) => {
  const [command, ...rest] = inHost(host, argv)
  return await run(command, rest, { maxBuffer: 16 << 20 })
}

/** Starts a program that stays, and returns how to end it (and wait until it has). */
function start(host, ...argv) {
  const [command, ...rest] = inHost(host, argv)
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  return async () => {
    child.kill('SIGTERM')
    await ended
  }
}

async function makeNetwork() {
  await run('ip', ['netns', 'add', SWITCH])
  await run('ip', ['-n', SWITCH, 'link', 'add', 'br0', 'up', 'type', 'bridge'])
  for (const [host, { ipv4, ipv6 }] of Object.entries(hosts)) {
    const namespace = namespaceOf(host)
    const inside = async (...argv) => await run('ip', ['-n', namespace, ...argv])
    await run('ip', ['netns', 'add', namespace])
    await run(
      'ip',
      `-n ${SWITCH} link add ${host} type veth peer eth0 netns ${namespace}`.split(' '),
    )
    await run('ip', ['-n', SWITCH, 'link', 'set', host, 'master', 'br0', 'up'])
    await inside('link', 'set', 'lo', 'up')
    await inside('link', 'set', 'eth0', 'up')
    await inside('addr', 'add', `${ipv4}/24`, 'dev', 'eth0')
    await inside('addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad')
  }
  // Answers to spoofed sources need a way out, or the kernel would not send them.
  const gateway = ['192.0.2.1', 'dev', 'eth0']
  await runIn('victim', 'ip', 'neigh', 'add', ...gateway, 'lladdr', '02:00:00:00:00:01')
  await runIn('victim', 'ip', 'route', 'add', 'default', 'via', ...gateway)
}

async function removeNetwork() {
  const { stdout } = await run('ip', ['netns', 'list'])
  for (const line of stdout.split('\n')) {
    const name = line.split(' ')[0]
    if (name.startsWith('pkdemo-')) await run('ip', ['netns', 'delete', name])
  }
}

async function startSshd(folder) {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')])
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'friend')])
  const settings = `
    HostKey ${folder}/host
    AuthorizedKeysFile ${folder}/friend.pub
    PidFile none
    UsePAM no
    StrictModes no
    PermitRootLogin prohibit-password
    PasswordAuthentication yes
    LogLevel FATAL
    MaxStartups 200`
  writeFileSync(join(folder, 'sshd_config'), settings)
  return start('victim', '/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'sshd_config'))
}

function startNginx(folder) {
  const pages = join(folder, 'pages')
  mkdirSync(pages)
  for (let page = 0; page < 10; page++) {
    writeFileSync(join(pages, `${page}.html`), `<h1>Page ${page}</h1>`.repeat(20 + page * 150))
  }
  const settings = `
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
    events {}
    http { access_log off; server { listen 80; listen [::]:80; root ${pages}; } }`
  writeFileSync(join(folder, 'nginx.conf'), settings)
  return start('victim', 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf'))
}

/** What the neighbour does until told to stop: reads pages, now and then pings or logs in by key. */
async function beInnocent(folder, isOver) {
  const login = ['-F', 'none', '-i', join(folder, 'friend'), '-o', 'StrictHostKeyChecking=no']
  login.push('-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR')
  const ping = `hping3 -q -n --icmp -d 56 -c 3 ${hosts.victim.ipv4}`.split(' ')
  for (let visit = 0; !isOver(); visit++) {
    const host = visit % 4 === 3 ? `[${hosts.victim.ipv6}]` : hosts.victim.ipv4
    const pages = [0, 1, 2].map((link) => `http://${host}/${(visit * 3 + link) % 10}.html`)
    // A visitor shut out for a moment by the flood is part of the picture, not a failure of it.
    await runIn('neighbour', 'curl', '-s', '-m', '10', ...pages).catch(() => undefined)
    if (visit % 6 === 1) await runIn('neighbour', ...ping)
    if (visit % 9 === 2) await runIn('neighbour', 'ssh', ...login, 'root@192.0.2.10', 'uptime')
    await pause(700 + ((visit * 977) % 2800))
  }
}

const passwords = Array.from({ length: passwordsTried }, (_, number) => `winter${2000 + number}`)

/** What the attacker does, one after the other. */
function attacks(folder) {
  const { ipv4, ipv6 } = hosts.victim
  const list = join(folder, 'passwords')
  writeFileSync(list, passwords.join('\n'))
  return [
    ['SYN scan', ['nmap', '-n', '-Pn', '-sS', '-p1-1000', ipv4]],
    ['FIN scan', ['nmap', '-n', '-Pn', '-sF', '-p1-200', ipv4]],
    ['UDP scan', ['nmap', '-n', '-Pn', '-sU', '--top-ports', '50', '--max-retries', '1', ipv4]],
    ['SYN scan over IPv6', ['nmap', '-n', '-Pn', '-6', '-sS', '-p1-300', ipv6]],
    ['ssh brute force', ['hydra', '-I', '-l', 'operator', '-P', list, `ssh://${ipv4}`]],
    ['SYN flood', `hping3 -q -n -S -p 80 --rand-source -i u1000 -c 3000 ${ipv4}`.split(' ')],
  ]
}

async function attack(folder) {
  const acts = []
  for (const [name, argv] of attacks(folder)) {
    await pause(5000)
    process.stdout.write(`${name}: ${argv.join(' ')}\n`)
    const startedAt = new Date().toISOString()
    // hydra that guesses nothing and hping3 that hears nothing end with 1.
    await runIn('attacker', ...argv).catch((failure) => {
      if (failure.code !== 1 && failure.code !== 255) throw failure
    })
    const tool = argv.join(' ').replaceAll(`${folder}/`, '')
    acts.push({ name, tool, startedAt, endedAt: new Date().toISOString() })
  }
  await pause(8000)
  return acts
}

async function make() {
  const folder = mkdtempSync(join(tmpdir(), 'pkdemo-'))
  const running = []
  try {
    await removeNetwork()
    await makeNetwork()
    running.push(await startSshd(folder), startNginx(folder))
    const capture = `-i eth0 -n -U -s ${snapLengthBytes} -Z root -w ${dataFolder}demo.pcap`.split(
      ' ',
    )
    running.push(start('victim', 'tcpdump', ...capture))
    await pause(2000)
    let over = false
    const attacking = attack(folder).finally(() => (over = true))
    const [acts] = await Promise.all([attacking, beInnocent(folder, () => over)])
    writeFileSync(`${dataFolder}demo.json`, `${JSON.stringify({ hosts, acts }, null, 2)}\n`)
  } finally {
    for (const stop of running.reverse()) await stop()
    await removeNetwork()
    rmSync(folder, { recursive: true, force: true })
  }
}

await make()
