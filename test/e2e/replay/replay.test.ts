/** `picket replay` as its users run it: the demo capture, and files that are none. */
import { execFile, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  renameSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { Event } from '../../../src/record/event.ts'
import { ethernet, tcp } from '../../support/packets/packet-builder.ts'
import { ipv4 } from '../../support/packets/ip-builder.ts'
import { writePcap, writePcapng } from '../../support/packets/pcap-writer.ts'
import { seededBytes } from '../../support/packets/seeded-bytes.ts'

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

interface Running {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
}

function startPicket(...args: string[]): Running {
  const command = [packagedFile('dist/main.js'), ...args, '--data-dir', data]
  let resolve: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((settle) => (resolve = settle))
  const child = execFile(
    process.execPath,
    command,
    { maxBuffer: 1 << 26 },
    (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    },
  )
  return { child, outcome }
}

const picket = (...args: string[]): Promise<Outcome> => startPicket(...args).outcome

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
    expect(stderr).toMatch(/demo\.pcap: \d+ packets, \d+ flows.*, \d+ events/)
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
    ['as it is', readFileSync(demo)],
    ["gzip'd", gzipSync(readFileSync(demo))],
  ])('reads a capture from standard input, %s', async (_, bytes) => {
    const { child, outcome } = startPicket('replay', '-', '--json')
    child.stdin!.end(bytes)
    const { code, stdout, stderr } = await outcome
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^stdin: \d+ packets, \d+ flows/) as string,
    })
    const [first] = eventsIn(stdout)
    expect(first).toMatchObject({ interface: 'stdin', kind: 'scan.vertical.syn' })
  })

  it('ends standard input at Ctrl-C with all that was read', async () => {
    const { child, outcome } = startPicket('replay', '-', '--json')
    // More than the pipe holds: once it is gone the program is at work.
    await new Promise((resolve) => child.stdin!.write(readFileSync(demo), resolve))
    child.stdin!.on('error', () => undefined)
    child.kill('SIGINT')
    const { code, stderr } = await outcome
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^stdin: /) as string,
    })
  })

  it('follows a capture as it grows, tells at once, and ends at Ctrl-C', async () => {
    const whole = readFileSync(demo)
    const growing = join(folder, 'growing.pcap')
    writeFileSync(growing, whole.subarray(0, 100_001))
    const { child, outcome } = startPicket('replay', '--follow', growing, '--json')
    let told = ''
    child.stdout!.on('data', (text: string) => {
      told += text
      if (told.includes('flood.syn')) child.kill('SIGINT')
    })
    await once(child.stdout!, 'data')
    expect(eventsIn(told)[0]).toMatchObject({ kind: 'scan.vertical.syn' })
    expect(told).not.toContain('flood.syn')
    appendFileSync(growing, whole.subarray(100_001))
    const { code, stderr } = await outcome
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/growing\.pcap: 12539 packets/) as string,
    })
  })

  it('waits for a capture to follow that is not there yet, and goes on with the next of its name', async () => {
    const path = join(folder, 'rotated.pcap')
    const { child, outcome } = startPicket('replay', '--follow', path, '--json')
    await once(child.stderr!, 'data')
    writeFileSync(path, readFileSync(demo))
    await once(child.stdout!, 'data')
    renameSync(path, `${path}.1`)
    writeFileSync(path, readFileSync(demo))
    let said = ''
    await new Promise<void>((resolve) => {
      child.stderr!.on('data', (text: string) => (said += text).includes('anew') && resolve())
    })
    child.kill('SIGINT')
    const { code, stderr } = await outcome
    expect(code).toBe(0)
    expect(stderr).toMatch(/^picket: \S+rotated\.pcap is not there yet; waiting for it\n/)
    expect(stderr).toMatch(/rotated\.pcap was begun anew\n/)
  })

  it('refuses a link type by its name, and exits with 3 when there is no other', async () => {
    const timestampUs = 1_700_000_000_000_000
    const bytes = ethernet(
      ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }, tcp({ flags: 'S' })),
    )
    const strange = join(folder, 'strange.pcap')
    writePcap(strange, [{ timestampUs, bytes }], 147)
    const refused = await picket('replay', strange)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain(
      'link type 147 (USER0) is not supported; 1 packet was not read',
    )
    expect(refused.stderr).toMatch(/hint: supported are NULL, ETHERNET, .*IEEE802_11_RADIOTAP/)
    const mixed = join(folder, 'mixed.pcapng')
    const packets = [0, 1, 1].map((interfaceIndex) => ({ timestampUs, bytes, interfaceIndex }))
    writePcapng(mixed, packets, { interfaces: [{ linkType: 1 }, { linkType: 249 }] })
    const half = await picket('replay', mixed)
    expect(half.code).toBe(0)
    expect(half.stderr).toContain('link type 249 (USBPCAP) is not supported; 2 packets')
    expect(half.stderr).toContain('mixed.pcapng: 3 packets, 1 flow, 0 events')
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
    [['replay', '--follow', demo, demo], 2, /--follow takes one capture/],
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
