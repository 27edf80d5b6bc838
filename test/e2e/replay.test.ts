/** `picket replay` as its users run it: the demo capture, and files that are none. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../src/core/package-root.ts'
import type { Event } from '../../src/record/event.ts'
import { seededBytes } from '../support/seeded-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-replay-'))
const data = join(folder, 'data')
const demo = packagedFile('test/data/demo.pcap')
const { hosts } = JSON.parse(readFileSync(packagedFile('test/data/demo.json'), 'utf8')) as {
  hosts: Record<'victim' | 'attacker' | 'neighbour', { ipv4: string; ipv6: string }>
}

afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function picket(...args: string[]): Promise<Outcome> {
  const command = [packagedFile('dist/main.js'), ...args, '--data-dir', data]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

const eventsIn = (stdout: string): Event[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event)

describe('picket replay', () => {
  it('finds every attack of the demo capture, and nothing about the neighbour', async () => {
    const { code, stdout, stderr } = await picket('replay', demo, '--json')
    const events = eventsIn(stdout)
    const told = events.map(({ kind, attacker }) => `${kind} ${attacker}`)
    const { attacker, victim, neighbour } = hosts
    expect(told).toEqual(
      expect.arrayContaining([
        `scan.vertical.syn ${attacker.ipv4}`,
        `scan.vertical.fin ${attacker.ipv4}`,
        `scan.vertical.udp ${attacker.ipv4}`,
        `scan.vertical.syn ${attacker.ipv6}`,
        `bruteforce.ssh ${attacker.ipv4}`,
        'flood.syn null',
      ]),
    )
    for (const event of events) {
      expect([neighbour.ipv4, neighbour.ipv6]).not.toContain(event.attacker)
      expect([victim.ipv4, victim.ipv6]).toContain(event.victims[0])
    }
    expect(code).toBe(0)
    expect(stderr).toMatch(/demo\.pcap: \d+ packets, \d+ flows, \d+ events/)
  })

  it('leaves the events and the flows in the log', async () => {
    const events = eventsIn((await picket('events', '--json', '--limit', '100')).stdout)
    expect(events.map(({ kind }) => kind)).toContain('bruteforce.ssh')
    const flows = await picket(
      'flows',
      '--address',
      hosts.neighbour.ipv4,
      '--limit',
      '1000',
      '--json',
    )
    expect(flows.stdout.split('\n').length).toBeGreaterThan(20)
  })

  it('finds the same twice', async () => {
    const [one, two] = [
      await picket('replay', demo, '--json'),
      await picket('replay', demo, '--json'),
    ]
    // Estimates of distinct sources differ a little, since their hashes are keyed by chance.
    const story = ({ kind, attacker, victims, severity, count, firstSeen, lastSeen }: Event) => {
      return { kind, attacker, victims, severity, count, firstSeen, lastSeen }
    }
    expect(eventsIn(two.stdout).map(story)).toEqual(eventsIn(one.stdout).map(story))
  })

  it('processes what can be read of a cut capture, says where it is cut, and exits with 3', async () => {
    const cut = join(folder, 'cut.pcap')
    writeFileSync(cut, readFileSync(demo).subarray(0, 200_001))
    const { code, stdout, stderr } = await picket('replay', cut, '--json')
    expect(code).toBe(3)
    expect(stderr).toMatch(/cut\.pcap is damaged at byte \d+/)
    expect(eventsIn(stdout).map(({ kind }) => kind)).toContain('scan.vertical.syn')
  })

  it.each([
    ['random bytes', seededBytes(7, 5000), 3, /is no capture/],
    ['an empty file', Buffer.alloc(0), 3, /is no capture/],
  ])('refuses %s in words and goes on with the next file', async (_, bytes, exitCode, message) => {
    const file = join(folder, 'odd.pcap')
    writeFileSync(file, bytes)
    const { code, stdout, stderr } = await picket('replay', file, demo, '--json')
    expect(code).toBe(exitCode)
    expect(stderr).toMatch(message)
    expect(eventsIn(stdout).length).toBeGreaterThan(0)
  })

  it.each([
    [['replay', '/nowhere.pcap'], 1, /\/nowhere\.pcap/],
    [['replay'], 2, /missing required argument/],
    [['replay', demo, '--config', '/nowhere.yaml'], 1, /\/nowhere\.yaml/],
    [['block', '1.2.3.4; rm -rf /'], 2, /1\.2\.3\.4; rm -rf/],
    [['nonsense'], 2, /nonsense/],
  ] as const)('answers %j with its own error', async (args, exitCode, message) => {
    const { code, stderr } = await picket(...args)
    expect({ code, stderr }).toEqual({
      code: exitCode,
      stderr: expect.stringMatching(message) as string,
    })
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})
