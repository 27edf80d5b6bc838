/** Bootstraps one Debian 12 for the whole suite; each test works on a copy. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    readonly debianBase: string
  }
}

/** What the package depends on, so that dpkg alone can install it; what Ansible asks of a host; what boots it. */
const NEEDED = [
  ...['iptables', 'ipset', 'conntrack', 'libpcap0.8', 'iproute2', 'tcpdump', 'libstdc++6'],
  ...['python3-minimal', 'python3-apt', 'openssl', 'systemd', 'systemd-sysv', 'dbus'],
].join(',')

/** Called by vitest before the first test; what it gives back is called after the last. */
export default function setup(project: TestProject): () => void {
  // One made before saves minutes where the tests are run again and again.
  const made = process.env.PICKET_TEST_DEBIAN
  if (made !== undefined) {
    project.provide('debianBase', made)
    return () => undefined
  }
  const folder = mkdtempSync(join(tmpdir(), 'picket-debian-base-'))
  const argv = ['--variant=minbase', `--include=${NEEDED}`, 'bookworm', folder]
  const { status, stdout, stderr } = spawnSync('debootstrap', argv, { encoding: 'utf8' })
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  if (status !== 0) {
    remove()
    throw new Error(`debootstrap failed: ${stdout.slice(-2000)}\n${stderr}`)
  }
  // The root folder of a host, which its ordinary users pass through.
  chmodSync(folder, 0o755)
  project.provide('debianBase', folder)
  return remove
}
