/** What `picket replay` says of capture files of every format, whole and damaged: exit codes, offsets, flows. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { ipv4, ipv6 } from '../../support/packets/ip-builder.ts'
import { ethernet, linuxSll2, nullLoop, udp } from '../../support/packets/packet-builder.ts'
import { pcapBytes, pcapngBlock, pcapngBytes } from '../../support/packets/pcap-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-files-'))
let dataFolders = 0

afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function picket(args: readonly string[], stdin?: Uint8Array): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [packagedFile('dist/main.js'), ...args],
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      },
    )
    child.stdin?.end(stdin)
  })
}

interface LoggedFlow {
  readonly interface: string
  readonly originator: string
  readonly start: string
}

interface Replayed extends Outcome {
  /** Sorted by their start. */
  readonly flows: readonly LoggedFlow[]
}

/** Replays files (or, as `-`, standard input) into a record of their own and reads the flows back. */
async function replay(files: readonly string[], stdin?: Uint8Array): Promise<Replayed> {
  dataFolders += 1
  const data = ['--data-dir', join(folder, `data-${dataFolders}`)]
  const outcome = await picket(['replay', ...files, '--json', ...data], stdin)
  const { stdout } = await picket(['flows', '--json', '--limit', '100', ...data])
  const lines = stdout.split('\n').filter((line) => line !== '')
  const flows = lines.map((line) => JSON.parse(line) as LoggedFlow)
  flows.sort((one, other) => one.start.localeCompare(other.start))
  return { ...outcome, flows }
}

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const timestampUs = Date.UTC(2026, 0, 5, 10, 0, 0) * 1000 + 123_456
/** Packet `number` begins a flow of its own, a second after the one before. */
const packets = Array.from({ length: 5 }, (_, number) => ({
  timestampUs: timestampUs + number * 1e6,
  bytes: ethernet(
    ipv4({ source: `10.0.0.${number + 1}`, destination: '10.0.1.1' }, udp({ payload: 'x' })),
  ),
}))
const RECORD_BYTES = 16 + packets[0]!.bytes.length
const sources = packets.map((_, number) => `10.0.0.${number + 1}`)
const lo = { source: '127.0.0.1', destination: '127.0.0.1' }
const started = /^2026-01-05T10:00:00\.123456/

function gzipTwice(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([gzipSync(bytes.subarray(0, at)), gzipSync(bytes.subarray(at))])
}

describe('a whole capture is read and exits with 0', () => {
  const captures: [name: string, bytes: Buffer][] = [
    ['micro.pcap', pcapBytes(packets)],
    ['nano-big-endian.pcap', pcapBytes(packets, 1, { bigEndian: true, nanoseconds: true })],
    ['big-endian.pcapng', pcapngBytes(packets, { bigEndian: true })],
    [
      'binary-clock.pcapng',
      pcapngBytes(packets, {
        interfaces: [{ timestampResolution: 0x80 | 30, timestampOffsetSeconds: -7200 }],
      }),
    ],
    ['obsolete.pcapng', pcapngBytes(packets, { packetBlock: 'obsolete' })],
    ['members.pcap.gz', gzipTwice(pcapBytes(packets), 100)],
    [
      'other-blocks.pcapng',
      Buffer.concat([
        pcapngBytes(packets.slice(0, 2)),
        ...[4, 5, 10, 0x0bad, 0x40000bad].map((type) => pcapngBlock(type, Buffer.alloc(40, 0xff))),
        pcapngBytes(packets.slice(2)),
      ]),
    ],
  ]

  it('in every format', async () => {
    const files = captures.map(([name, bytes]) => fileOf(name, bytes))
    const { code, stderr, flows } = await replay(files)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    for (const [name] of captures) {
      const told = flows.filter((flow) => flow.interface === name)
      expect([name, told.map(({ originator }) => originator)]).toEqual([name, sources])
      expect([name, told[0]!.start]).toEqual([name, expect.stringMatching(started)])
    }
  })

  it('of several interfaces, each with its own link type and clock', async () => {
    const there = { source: '2001:db8::1', destination: '2001:db8::2' }
    const [first] = packets
    const capture = pcapngBytes(
      [
        { ...first!, interfaceIndex: 0 },
        { timestampUs, interfaceIndex: 1, bytes: linuxSll2(ipv6(there, udp())) },
        { timestampUs, interfaceIndex: 2, bytes: nullLoop(ipv4(lo, udp())) },
      ],
      {
        interfaces: [
          { linkType: LinkType.ETHERNET, timestampResolution: 9 },
          { linkType: LinkType.LINUX_SLL2, timestampResolution: 6, timestampOffsetSeconds: 3600 },
          { linkType: LinkType.NULL, timestampResolution: 0x80 | 30 },
        ],
      },
    )
    const { code, flows } = await replay([fileOf('many.pcapng', capture)])
    expect(code).toBe(0)
    const told = flows.map(({ originator, start }) => [originator, started.test(start)])
    expect(told.sort()).toEqual([
      ['10.0.0.1', true],
      ['127.0.0.1', true],
      ['2001:db8::1', true],
    ])
  })
})

describe('a damaged capture is read up to the fault, told by its byte, and exits with 3', () => {
  const pcap = pcapBytes(packets)
  const pcapng = pcapngBytes(packets)
  const fourthAt = 24 + 3 * RECORD_BYTES
  const cut = pcap.subarray(0, fourthAt + 20)
  const corrupt = Buffer.from(pcap)
  corrupt.writeUInt32LE(0x7fffffff, fourthAt + 8)
  const blockBytes = (pcapng.length - pcapngBytes([]).length) / packets.length
  const fourthBlockAt = pcapng.length - 2 * blockBytes

  const captures: [name: string, bytes: Buffer, words: string][] = [
    ['cut.pcap', cut, `damaged at byte ${fourthAt}: the capture ends 20 bytes into a record`],
    ['corrupt.pcap', corrupt, `damaged at byte ${fourthAt}: a record claims 2147483647 bytes`],
    [
      'cut.pcapng',
      pcapng.subarray(0, fourthBlockAt + 30),
      `damaged at byte ${fourthBlockAt}: the capture ends 30 bytes into a record`,
    ],
    [
      'cut-inside.pcap.gz',
      gzipSync(cut),
      `damaged at byte ${fourthAt} of the unpacked capture: the capture ends 20 bytes`,
    ],
    [
      'cut-outside.pcap.gz',
      gzipSync(pcap).subarray(0, -6),
      `damaged at byte ${pcap.length} of the unpacked capture: its gzip is cut short after packed byte`,
    ],
  ]

  it('in every format, and the files after it are read all the same', async () => {
    const files = captures.map(([name, bytes]) => fileOf(name, bytes))
    const { code, stderr, flows } = await replay([...files, fileOf('whole.pcap', pcap)])
    expect(code).toBe(3)
    for (const [name, , words] of captures) {
      expect(stderr).toContain(`${name} is ${words}`)
      const told = flows.filter((flow) => flow.interface === name)
      const whole = name.startsWith('cut-outside') ? 5 : 3
      expect([name, told.map(({ originator }) => originator)]).toEqual([
        name,
        sources.slice(0, whole),
      ])
    }
    expect(stderr).toContain('hint: what could be read was processed')
    expect(stderr).toContain('whole.pcap: 5 packets, 5 flows')
  })

  it('from standard input, plain and packed', async () => {
    const plain = await replay(['-'], cut)
    expect(plain.code).toBe(3)
    expect(plain.stderr).toContain(`stdin is damaged at byte ${fourthAt}: the capture ends`)
    expect(plain.flows).toHaveLength(3)
    const packed = await replay(['-'], gzipSync(pcap).subarray(0, -6))
    expect(packed.code).toBe(3)
    expect(packed.stderr).toContain(`stdin is damaged at byte ${pcap.length} of the unpacked`)
    expect(packed.flows).toHaveLength(5)
  })

  it('whose gzip holds no capture is told apart from a damaged one', async () => {
    const { code, stderr } = await replay([fileOf('text.gz', gzipSync('no packets here'))])
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('text.gz is no capture') as string,
    })
  })
})

it('tells of overlapping fragments in a capture', async () => {
  const whole = udp({ payload: 'x'.repeat(200) })
  const ends = { source: '192.0.2.66', destination: '192.0.2.10', moreFragments: true }
  const pieces = [
    ipv4({ ...ends, slice: [0, 64] }, whole),
    ipv4({ ...ends, fragmentOffset: 24, slice: [24, 32] }, whole),
  ].map((piece) => ({ timestampUs, bytes: ethernet(piece) }))
  const { code, stdout } = await replay([fileOf('teardrop.pcap', pcapBytes(pieces))])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'evasion.overlapping-fragments',
    family: 'evasion',
    attacker: '192.0.2.66',
    victims: ['192.0.2.10'],
  })
})
