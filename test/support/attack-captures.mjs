/**
 * Makes captures of password guessing, sweeps and probing with real tools, of which public captures have few
 * laboratories: a forest that saw one laboratory's guessing knows that laboratory, not guessing.
 *
 * Usage: as root, `node test/support/attack-captures.mjs FOLDER`, about four minutes; needs hydra, medusa, ncrack,
 * nmap, hping3 and openssh-server. Everything happens between two network namespaces of its own, which are
 * removed in the end. Writes FOLDER/*.pcap and FOLDER/attacks.json, whose rows are those of a truth file:
 * `teaches_only`, since what was made for a model says nothing about how good it is.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const [ATTACKER, VICTIM] = ['a', 'v'].map((side) => `picket-attacks-${side}${process.pid}`)
const attackerAddress = '10.98.0.66'
const LONGEST_MS = 60_000

/** Each has a victim network of its own, 10.98.N.0/24, of which .1 to .20 are there and the rest is silent. */
const attacks = [
  { name: 'ssh-hydra', type: 'bruteforce-ssh', argv: (ip, list) => ['hydra', '-I', '-t', '4', '-l', 'operator', '-P', list, `ssh://${ip}`] },
  { name: 'ssh-medusa', type: 'bruteforce-ssh', argv: (ip, list) => ['medusa', '-h', ip, '-u', 'admin', '-P', list, '-M', 'ssh', '-t', '2'] },
  { name: 'ssh-ncrack', type: 'bruteforce-ssh', argv: (ip, list) => ['ncrack', '--user', 'guest', '-P', list, `ssh://${ip}`] },
  { name: 'ftp-hydra', type: 'bruteforce-ftp', argv: (ip, list) => ['hydra', '-I', '-t', '8', '-l', 'anna', '-P', list, `ftp://${ip}`] },
  { name: 'ftp-medusa', type: 'bruteforce-ftp', argv: (ip, list) => ['medusa', '-h', ip, '-u', 'anna', '-P', list, '-M', 'ftp', '-t', '3'] },
  { name: 'telnet-hydra', type: 'bruteforce-telnet', argv: (ip, list) => ['hydra', '-I', '-t', '4', '-l', 'root', '-P', list, `telnet://${ip}`] },
  { name: 'pop3-hydra', type: 'bruteforce-pop3', argv: (ip, list) => ['hydra', '-I', '-t', '8', '-l', 'bob', '-P', list, `pop3://${ip}`] },
  { name: 'imap-medusa', type: 'bruteforce-imap', argv: (ip, list) => ['medusa', '-h', ip, '-u', 'bob', '-P', list, '-M', 'imap', '-t', '4'] },
  { name: 'smtp-hydra', type: 'bruteforce-smtp', argv: (ip, list) => ['hydra', '-I', '-t', '6', '-l', 'bob', '-P', list, `smtp://${ip}`] },
  { name: 'http-basic-hydra', type: 'bruteforce-http', argv: (ip, list) => ['hydra', '-I', '-t', '8', '-l', 'admin', '-P', list, `http-get://${ip}/private`] },
  { name: 'http-form-hydra', type: 'bruteforce-http', argv: (ip, list) => ['hydra', '-I', '-t', '4', '-l', 'admin', '-P', list, ip, 'http-post-form', '/login:u=^USER^&p=^PASS^:failed'] },
  { name: 'connect-scan', type: 'portscan-connect', argv: (ip) => ['nmap', '-n', '-Pn', '-sT', '-T3', '--top-ports', '300', ip] },
  { name: 'polite-scan', type: 'portscan-syn', argv: (ip) => ['nmap', '-n', '-Pn', '-sS', '--scan-delay', '150ms', '--top-ports', '300', ip] },
  { name: 'syn-sweep', type: 'host-sweep', argv: (ip) => ['nmap', '-n', '-sn', '-PS22,80,443', '--max-retries', '1', network(ip)] },
  { name: 'udp-sweep', type: 'udp-sweep', argv: (ip) => ['nmap', '-n', '-Pn', '-sU', '-p161', '--max-retries', '1', '--max-rtt-timeout', '200ms', network(ip)] },
  { name: 'ssh-sweep', type: 'host-sweep', argv: (ip) => ['nmap', '-n', '-Pn', '-sT', '-p22', '--max-retries', '1', '--max-rtt-timeout', '200ms', network(ip)] },
  { name: 'udp-scan', type: 'portscan-udp', argv: (ip) => ['nmap', '-n', '-Pn', '-sU', '--top-ports', '60', '--max-retries', '1', ip] },
] // prettier-ignore

const victimOf = (n) => `10.98.${n + 1}.10`
const network = (ip) => ip.replace(/\d+$/, '0/24')

/** What each service says to a line; a string is said at once, after a refusal the line may come again. */
const services = {
  21: { greeting: '220 ready\r\n', reply: (line) => (/^USER/i.test(line) ? '331 Password?\r\n' : /^PASS/i.test(line) ? '530 Login incorrect.\r\n' : '500 What?\r\n') },
  23: { greeting: 'login: ', reply: (_, at) => (at % 2 === 0 ? 'Password: ' : '\r\nLogin incorrect\r\nlogin: ') },
  25: { greeting: '220 mail ESMTP\r\n', reply: (line) => (/^(EHLO|HELO)/i.test(line) ? '250-mail\r\n250 AUTH LOGIN PLAIN\r\n' : /^AUTH LOGIN$/i.test(line) ? '334 VXNlcm5hbWU6\r\n' : /^QUIT/i.test(line) ? '221 Bye\r\n' : line.length > 8 && !/=$/.test(line) && !/^AUTH/i.test(line) ? '334 UGFzc3dvcmQ6\r\n' : '535 5.7.8 Authentication failed\r\n') },
  80: { greeting: '', reply: (line) => (/^GET/i.test(line) ? 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 12\r\n\r\nUnauthorized' : /^POST/i.test(line) ? 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nLogin failed' : '') },
  110: { greeting: '+OK ready\r\n', reply: (line) => (/^PASS/i.test(line) ? '-ERR refused\r\n' : '+OK\r\n') },
  143: { greeting: '* OK ready\r\n', reply: (line) => { const [tag] = line.split(' '); return / CAPABILITY/i.test(line) ? `* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK\r\n` : / LOGIN /i.test(line) ? `${tag} NO refused\r\n` : `${tag} OK\r\n` } },
} // prettier-ignore

function serve(port, { greeting, reply }) {
  const server = createServer((socket) => {
    socket.write(greeting)
    let at = 0
    let rest = ''
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split(/\r\n|\r|\n|\0/)
      rest = lines.pop() ?? ''
      for (const line of lines.filter((one) => one !== '')) {
        const answer = reply(line, at++)
        // Checking a password takes a server its time.
        if (answer !== '') setTimeout(() => socket.writable && socket.write(answer), 5 + (at % 7) * 20)
      }
    }) // prettier-ignore
    socket.on('error', () => undefined).on('end', () => socket.end())
  })
  server.listen(Number(port), '0.0.0.0')
}

async function makeNetwork() {
  for (const namespace of [ATTACKER, VICTIM]) await run('ip', ['netns', 'add', namespace])
  await run('ip', `-n ${ATTACKER} link add eth0 type veth peer eth0 netns ${VICTIM}`.split(' '))
  for (const namespace of [ATTACKER, VICTIM]) {
    for (const link of ['lo', 'eth0']) await run('ip', ['-n', namespace, 'link', 'set', link, 'up'])
  }
  await run('ip', `-n ${ATTACKER} addr add ${attackerAddress}/16 dev eth0`.split(' '))
  await run('ip', `-n ${VICTIM} addr add 10.98.0.1/16 dev eth0`.split(' '))
  for (const n of attacks.keys()) {
    for (let host = 2; host <= 20; host += 1) {
      await run('ip', `-n ${VICTIM} addr add 10.98.${n + 1}.${host}/16 dev eth0`.split(' '))
    }
    // Who is not there is asked for by address all the same: a router stands before a network.
    await run('ip', `-n ${ATTACKER} route add 10.98.${n + 1}.0/24 via 10.98.0.1`.split(' '))
  }
}

async function startSshd(folder) {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const key = join(folder, 'host-key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const settings = ['-o', 'UsePAM=no', '-o', 'PidFile=none', '-o', 'LogLevel=FATAL', '-o', 'MaxStartups=200', '-o', 'PasswordAuthentication=yes'] // prettier-ignore
  const argv = ['netns', 'exec', VICTIM, '/usr/sbin/sshd', '-D', '-f', '/dev/null', '-h', key]
  return spawn('ip', [...argv, ...settings], { stdio: 'ignore' })
}

/** Captures at the victim what one attack does; a tool that found nothing may end as it likes. */
async function attackOnce(folder, list, n) {
  const { name, argv } = attacks[n]
  const file = join(folder, `${name}.pcap`)
  const dump = ['tcpdump', '-i', 'eth0', '-U', '-s', '256', '-w', file, 'net', `10.98.${n + 1}.0/24`, 'and', 'not', 'arp'] // prettier-ignore
  const capture = spawn('ip', ['netns', 'exec', VICTIM, ...dump], { stdio: 'ignore' })
  await pause(1500)
  const options = { timeout: LONGEST_MS, killSignal: 'SIGINT', maxBuffer: 16 << 20 }
  await run('ip', ['netns', 'exec', ATTACKER, ...argv(victimOf(n), list)], options).catch(() => undefined) // prettier-ignore
  await pause(1000)
  const ended = once(capture, 'exit')
  capture.kill('SIGTERM')
  await ended
}

const rowOf = ({ name, type }, n) => ({
  ...{ name: `made-${name}`, file: `${name}.pcap`, kind: 'attack', attack_types: [type] },
  attacker_ips: [attackerAddress],
  victim_ips: [`10.98.${n + 1}.0/24`],
  origin: 'test/support/attack-captures.mjs',
  teaches_only: true,
})

async function makeCaptures(folder) {
  mkdirSync(folder, { recursive: true })
  const list = join(folder, 'passwords')
  writeFileSync(list, Array.from({ length: 120 }, (_, at) => `summer${1900 + at}`).join('\n'))
  const started = []
  try {
    await makeNetwork()
    const self = fileURLToPath(import.meta.url)
    started.push(spawn('ip', ['netns', 'exec', VICTIM, process.execPath, self, '--serve'], { stdio: 'ignore' })) // prettier-ignore
    started.push(await startSshd(folder))
    await pause(1000)
    await Promise.all([...attacks.keys()].map((n) => attackOnce(folder, list, n)))
  } finally {
    for (const child of started) child.kill('SIGTERM')
    for (const namespace of [ATTACKER, VICTIM]) await run('ip', ['netns', 'del', namespace]).catch(() => undefined) // prettier-ignore
  }
  writeFileSync(join(folder, 'attacks.json'), `${JSON.stringify(attacks.map(rowOf), null, 1)}\n`)
}

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: node test/support/attack-captures.mjs FOLDER\n')
  process.exitCode = 2
} else if (folder === '--serve') {
  for (const [port, service] of Object.entries(services)) serve(port, service)
} else {
  await makeCaptures(folder)
}
