import { describe, expect, it } from 'vitest'
import { SAMPLES, type Sample } from '../../../support/messages/application-samples.ts'
import { bytesOf, concat, uint32 } from '../../../support/packets/packet-builder.ts'
import { Talk, overTcp, segment, tcpOpening, type Said, type Spoken } from '../../../support/messages/spoken/spoken-flow.ts' // prettier-ignore
import { asRequest } from '../../../support/messages/windows-messages.ts'

const streams = SAMPLES.filter(({ transport }) => transport === 'tcp')

/** What is read of a talk, but for where each fact was told. */
function readOf({ flow, facts, told }: Spoken): unknown {
  return { application: flow.application, facts, told: told.map(({ kind }) => kind) }
}

/**
 * Samples but for some: SSH's hello, and Telnet's negotiation, are given up after so many segments; RTSP, RDP,
 * MySQL and DNS are told by more than the first sixteen bytes.
 */
function samplesWithout(...left: readonly string[]): (readonly [string, Sample])[] {
  return streams.flatMap((sample) => left.includes(sample.application) ? [] : [[sample.application, sample] as const]) // prettier-ignore
}

function inPieces(said: readonly Said[], size: number): Said[] {
  return said.flatMap(([from, content]) => {
    const bytes = bytesOf(content)
    const starts = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => index * size,
    )
    return starts.map((start): Said => [from, bytes.subarray(start, start + size)])
  })
}

/** Each message in two segments, of which the second comes first. */
function inSwappedHalves(said: readonly Said[]): Spoken {
  const talk = new Talk()
  const sequence = { '>': 101, '<': 201 }
  for (const layer of tcpOpening()) talk.fold(layer)
  for (const [from, content] of said) {
    const bytes = bytesOf(content)
    const half = Math.ceil(bytes.length / 2)
    if (half < bytes.length) talk.fold(segment(from, bytes.subarray(half), sequence[from] + half))
    talk.fold(segment(from, bytes.subarray(0, half), sequence[from]))
    sequence[from] += bytes.length
  }
  return talk.end()
}

describe('messages in pieces are read as if they were whole', () => {
  it.each(samplesWithout('ssh', 'telnet', 'rtsp'))('byte by byte: %s', (_name, { said }) => {
    expect(readOf(overTcp(inPieces(said, 1)))).toEqual(readOf(overTcp(said)))
  })

  it.each(samplesWithout('ssh', 'telnet'))('five bytes at a time: %s', (_name, { said }) => {
    expect(readOf(overTcp(inPieces(said, 5)))).toEqual(readOf(overTcp(said)))
  })

  it.each(samplesWithout('rdp', 'mysql', 'dns', 'telnet'))(
    'the second half first: %s',
    (_name, { said }) => {
      expect(readOf(inSwappedHalves(said))).toEqual(readOf(overTcp(said)))
    },
  )
})

describe('a message whose end never comes', () => {
  const greeting: Said = ['<', '220 ftp FTP ready\r\n']

  it('is read when the other side answers', () => {
    const { told } = overTcp([greeting, ['>', 'USER joe\r\nPASS x'], ['<', '530 No\r\n']])
    expect(told).toMatchObject([
      { kind: 'banner' },
      { kind: 'login-offer', user: 'joe' },
      { kind: 'login', user: 'joe' },
    ])
  })

  it('is read when the flow ends', () => {
    expect(overTcp([greeting, ['>', 'USER joe']]).facts).toMatchObject({ user: 'joe' })
  })

  it('is given up, and counted, when others need its room', () => {
    const talk = new Talk()
    const pieces = ['USER joe\r\nPASS ', 'x\r\n'] as const
    const login = (port: number): unknown => {
      const options = { clientPort: port }
      const before = talk.told.length
      talk.fold(segment('>', bytesOf(pieces[1]), 101 + pieces[0].length, options))
      talk.fold(segment('<', bytesOf('530 No\r\n'), 201 + greeting[1].length, options))
      return talk.told.slice(before).map((fact) => (fact.kind === 'login' ? fact.user : fact.kind))
    }
    for (let port = 1000; port < 1300; port += 1) {
      const options = { clientPort: port }
      for (const layer of tcpOpening(options)) talk.fold(layer)
      talk.fold(segment('<', bytesOf(greeting[1]), 201, options))
      talk.fold(segment('>', bytesOf(pieces[0]), 101, options))
    }
    expect([login(1000), login(1299)]).toEqual([[], ['login-offer', 'joe']])
    expect(talk.table.statistics.lostMessages).toBe(300 - 256)
  })
})

describe('a message longer than a segment', () => {
  it('is told with what stands at its end: the service of a Kerberos request behind a long ticket', () => {
    const request = asRequest({
      hasProof: true,
      proofBytes: 4000,
      service: ['MSSQL', 'db'],
      types: [23],
    })
    const framed = concat(uint32(request.length), request)
    const { told } = overTcp(inPieces([['>', framed]], 1460))
    expect(told).toMatchObject([{ kind: 'kerberos', service: 'MSSQL/db', encryptionTypes: [23] }])
  })
})
