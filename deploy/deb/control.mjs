/** The package's DEBIAN folder: what it needs, its configuration files, checksums, maintainer scripts. */
import { createHash } from 'node:crypto'
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const scripts = fileURLToPath(new URL('scripts', import.meta.url))

/** Writes `DEBIAN/` under `stage`, which holds the whole tree by now. */
export function layControl({ stage, architecture, version, conffiles, binaries }) {
  const folder = join(stage, 'DEBIAN')
  const files = filesUnder(stage)
  mkdirSync(folder)
  for (const name of ['postinst', 'prerm', 'postrm'])
    cpSync(join(scripts, name), join(folder, name))
  const bytes = files.reduce((sum, path) => sum + lstatSync(path).size, 0)
  const needs = {
    version,
    architecture,
    kilobytes: Math.ceil(bytes / 1024),
    glibc: oldestGlibc(stage, binaries),
  }
  writeFileSync(join(folder, 'control'), control(needs))
  writeFileSync(join(folder, 'conffiles'), `${conffiles.join('\n')}\n`)
  writeFileSync(join(folder, 'md5sums'), checksums(stage, files, conffiles))
}

function control({ version, architecture, kilobytes, glibc }) {
  return `Package: picket
Version: ${version}
Architecture: ${architecture}
Maintainer: Picket <root@localhost>
Installed-Size: ${kilobytes}
Section: admin
Priority: optional
Depends: libc6 (>= ${glibc}), libstdc++6, libgcc-s1, libpcap0.8 | libpcap0.8t64, iptables, ipset, iproute2, conntrack, passwd, init-system-helpers
Recommends: tcpdump, nftables
Description: per-host security agent
 Captures the host's traffic, scores its flows, records everything in a log that
 can be audited, forwards events to a SIEM, serves a REST API and blocks with the
 firewall on order. It carries its own Node.js runtime under /opt/picket.
`
}

/** The newest symbol version of glibc that any of the binaries asks for. */
function oldestGlibc(stage, binaries) {
  const asked = binaries.flatMap((path) => {
    const text = readFileSync(join(stage, path), 'latin1')
    return [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
  })
  return `2.${Math.max(...asked)}`
}

function checksums(stage, files, conffiles) {
  const lines = files
    .filter((path) => lstatSync(path).isFile())
    .map((path) => ({ path, name: relative(stage, path) }))
    .filter(({ name }) => !conffiles.includes(`/${name}`))
    .map(
      ({ path, name }) =>
        `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${name}\n`,
    )
  return lines.join('')
}

function filesUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesUnder(path) : [path]
    })
}
