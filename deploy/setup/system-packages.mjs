/** The programs of the operating system that Picket uses: which are missing, and installing them. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { addonsMissing, sqlitePackage } from './npm-packages.mjs'
import { isInstalled, lastLines, run, say, SetupError, step } from './ground.mjs'

const program = (name) => () => isInstalled(name)
const file = (path) => () => existsSync(path)
const rsyslogModule = (name) => () =>
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].some(
    (folder) => existsSync(`${folder}/rsyslog/${name}.so`),
  )

/** Debian's package name, and how to see that it is there (on any distribution). */
const needed = {
  running: {
    tcpdump: program('tcpdump'),
    iptables: program('iptables'),
    ipset: program('ipset'),
    conntrack: program('conntrack'),
    nftables: program('nft'),
    iproute2: program('ip'),
  },
  compiling: {
    'libpcap-dev': file('/usr/include/pcap/pcap.h'),
    'g++': program('g++'),
    make: program('make'),
    python3: program('python3'),
  },
  testing: {
    nmap: program('nmap'),
    hydra: program('hydra'),
    ncrack: program('ncrack'),
    hping3: program('hping3'),
    tcpreplay: program('tcpreplay'),
    curl: program('curl'),
    openssl: program('openssl'),
    sqlite3: program('sqlite3'),
    rsyslog: program('rsyslogd'),
    'nats-server': program('nats-server'),
    'rsyslog-openssl': rsyslogModule('lmnsd_ossl'),
    'rsyslog-relp': rsyslogModule('imrelp'),
    'nginx-light': program('nginx'),
    'openssh-server': program('sshd'),
    'openssh-client': program('ssh-keygen'),
    python3: program('python3'),
    systemd: program('systemd-analyze'),
  },
  /** Building the Debian package, and trying it, its rollout and its container. */
  packaging: {
    nmap: program('nmap'),
    curl: program('curl'),
    openssl: program('openssl'),
    dpkg: program('dpkg-deb'),
    binutils: program('strip'),
    debootstrap: program('debootstrap'),
    ansible: program('ansible-playbook'),
    'ansible-lint': program('ansible-lint'),
    yamllint: program('yamllint'),
    'systemd-container': program('systemd-nspawn'),
    'iputils-ping': program('ping'),
    buildah: program('buildah'),
  },
  /** What Picket is measured beside: `test/bench` goes without those that are missing. */
  measuring: {
    softflowd: program('softflowd'),
    nfdump: program('nfpcapd'),
    'argus-server': program('argus'),
    p0f: program('p0f'),
    'libndpi-bin': program('ndpiReader'),
    tshark: program('tshark'),
    fail2ban: program('fail2ban-server'),
  },
}
/** Services that come with a package of the tests or the bench and that nobody asked this machine to offer. */
const servicesOf = {
  rsyslog: 'rsyslog',
  'nats-server': 'nats-server',
  'nginx-light': 'nginx',
  'openssh-server': 'ssh',
  softflowd: 'softflowd',
  nfdump: 'nfdump',
  'argus-server': 'argus',
  fail2ban: 'fail2ban',
}
const policyFile = '/usr/sbin/policy-rc.d'

/** Installs what is missing where it can; else says (if told to) how somebody else can. */
export async function installSystemPackages(root, { isForTests, isForPackage, isTold }) {
  const missing = await missingPackages(root, { isForTests, isForPackage })
  if (missing.length === 0) return
  const names = missing.join(', ')
  if (isInstalled('apt-get') && process.getuid?.() === 0) {
    const failure = await step(
      `installing ${names} with apt-get`,
      async () => await install(missing),
    )
    if (!failure) return
    if (isForTests || isForPackage) throw failure
    say(`  ${failure.message}\n  hint: ${failure.hint}\n  going on without`)
  } else if (isTold) {
    sayMissing(missing)
  }
  if (needed.compiling.make() && needed.compiling['g++']()) return
  if (!(await addonsMissing(root)).includes(sqlitePackage)) return
  const hint = 'install g++, make and python3 with your package manager (as root)'
  throw new SetupError('there is no C++ compiler, and an npm package has to be compiled', hint)
}

/**
 * Installs the programs that Picket is measured beside, where it can; what cannot be had is only told.
 *
 * One by one, since apt-get installs nothing at all when one name of several is unknown.
 */
export async function installPeers() {
  const missing = absent(needed.measuring)
  if (missing.length === 0) return
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) {
    sayMissing(missing)
    return
  }
  for (const name of missing) {
    const what = `installing ${name} with apt-get, to measure beside it`
    const failure = await step(what, async () => await install([name]))
    if (failure) say(`  ${failure.message}\n  going on without`)
  }
}

function sayMissing(packages) {
  if (isInstalled('apt-get')) {
    say(`• not installed: ${packages.join(', ')}; to install, as root:`)
    say(`    apt-get update && apt-get install --no-install-recommends ${packages.join(' ')}`)
  } else {
    say(`• not installed: ${packages.join(', ')} (Debian's names; use your package manager)`)
  }
}

function absent(packages) {
  return Object.entries(packages).flatMap(([name, isThere]) => (isThere() ? [] : [name]))
}

async function missingPackages(root, { isForTests, isForPackage }) {
  const toCompile = absent(needed.compiling)
  const isToCompile = toCompile.length > 0 && (await addonsMissing(root)).length > 0
  return [
    ...(isToCompile ? toCompile : []),
    ...absent(needed.running),
    ...(isForTests ? absent(needed.testing) : []),
    ...(isForPackage ? absent(needed.packaging) : []),
  ]
}

/** Installs, and gives the failure if there was one. */
async function install(packages) {
  const installing = async () =>
    await aptGet('install', '-y', '--no-install-recommends', ...packages)
  const failure = await withoutServiceStarts(async () => {
    if (hasPackageLists() && (await installing()).code === 0) return undefined
    const update = await aptGet('update')
    const { code, output } = await installing()
    // An update that reached no mirror ends with code 0 all the same, and only says so.
    const warnings = update.output.split('\n').filter((line) => /^(Err|W|E):/.test(line))
    return code === 0 ? undefined : aptFailure([...warnings, output].join('\n'), packages)
  })
  await leaveOff(packages)
  return failure
}

async function aptGet(...argv) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }
  return await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...argv], { env })
}

function aptFailure(output, packages) {
  return new SetupError(
    `apt-get could not install ${packages.join(', ')}:\n${lastLines(output)}`,
    'mend what apt-get complains about (network, mirrors, disk, another apt running); then try again',
  )
}

function hasPackageLists() {
  const folder = '/var/lib/apt/lists'
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('_Packages'))
}

/** Keeps packages from starting their daemons at once, with Debian's own means for that. */
async function withoutServiceStarts(work) {
  if (existsSync(policyFile)) return await work()
  const lift = () => rmSync(policyFile, { force: true })
  const liftAndEnd = () => {
    lift()
    process.exit(130)
  }
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, liftAndEnd)
  try {
    return await work()
  } finally {
    lift()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, liftAndEnd)
  }
}

/** Keeps the daemons that only our tests and measurements use from starting with the next boot. */
async function leaveOff(packages) {
  if (!existsSync('/run/systemd/system')) return
  const services = packages.flatMap((name) => servicesOf[name] ?? [])
  if (services.length === 0) return
  await run('systemctl', ['disable', '--quiet', ...services])
  say(`  ${services.join(', ')} are for tests and measurements alone: neither started nor enabled`)
}
