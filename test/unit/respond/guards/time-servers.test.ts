import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readProviders } from '../../../../src/respond/guards/time-servers.ts'

async function hostWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'pk-providers-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

test('DHCP servers are found in the leases of every client, and the time servers they told of', async () => {
  const root = await hostWith({
    'var/lib/dhcp/dhclient.eth0.leases':
      'lease {\n  option dhcp-server-identifier 10.0.0.2;\n  option ntp-servers 10.0.0.3,10.0.0.4;\n}\n',
    'run/systemd/netif/leases/2': 'ADDRESS=10.1.0.9\nSERVER_ADDRESS=10.1.0.2\nNTP=10.1.0.3\n',
  })
  const { dhcpServers, timeServers } = await readProviders(root)
  expect(dhcpServers).toEqual(['10.0.0.2', '10.1.0.2'])
  expect(timeServers).toEqual(['10.0.0.3', '10.0.0.4', '10.1.0.3'])
})

test('time servers are found in what ntpd, chrony and timesyncd are told', async () => {
  const root = await hostWith({
    'etc/ntpsec/ntp.conf': '# server 192.0.2.1\nserver -4 ntp1.example.net iburst\n',
    'etc/chrony/chrony.conf': 'pool 2.debian.pool.ntp.org iburst\n',
    'etc/chrony/sources.d/local.sources': 'peer 192.0.2.9\n',
    'etc/systemd/timesyncd.conf': '[Time]\nNTP=192.0.2.5 2001:db8::123\n#FallbackNTP=nobody\n',
  })
  const { timeServers } = await readProviders(root)
  expect([...timeServers].sort()).toEqual([
    ...['192.0.2.5', '192.0.2.9', '2.debian.pool.ntp.org', '2001:db8::123', 'ntp1.example.net'],
  ])
})

test('whom a client asks now is seen by its socket', async () => {
  const row =
    '  1: 0500000A:A1B2 7B0200C0:007B 01 00000000:00000000 00:00000000 00000000 0 0 4711 2 0 0\n'
  const root = await hostWith({ 'proc/net/udp': `  sl  local_address rem_address st\n${row}` })
  expect((await readProviders(root)).timeServers).toEqual(['192.0.2.123'])
})
