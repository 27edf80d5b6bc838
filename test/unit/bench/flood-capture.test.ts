/** The made-up flood that speed is measured with is what it says: Picket's own decoder reads it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { openPcapFile } from '../../../src/capture/index.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import { TcpFlag } from '../../../src/net/protocol.ts'

interface FloodModule {
  writeFloodCapture(path: string, syns?: number): void
}

const url = pathToFileURL(packagedFile('test/support/captures/flood-capture.mjs')).href
const { writeFloodCapture } = (await import(url)) as FloodModule
const folder = mkdtempSync(join(tmpdir(), 'picket-flood-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SYNS = 40_000

function write(name: string): string {
  const path = join(folder, name)
  writeFloodCapture(path, SYNS)
  return path
}

describe('the made-up SYN flood', () => {
  it('holds as many SYNs as asked for, each with another five-tuple, to one victim', async () => {
    const decoder = new Decoder()
    const packet = new Packet()
    const tuples = new Set<string>()
    const victims = new Set<string>()
    const flags = new Set<number>()
    let lastUs = 0
    let backwards = 0
    const source = openPcapFile(write('flood.pcap'))
    const end = await source.run((frame) => {
      decoder.decode(frame, packet)
      flags.add(packet.tcpFlags)
      if (packet.timestampUs < lastUs) backwards += 1
      lastUs = packet.timestampUs
      tuples.add(`${packet.source3}:${packet.sourcePort}`)
      victims.add(`${packet.destination3}:${packet.destinationPort}`)
    })
    expect(end).toEqual({ kind: 'complete' })
    expect(source.statistics().frames).toBe(SYNS)
    expect(decoder.malformedCounts().none).toBe(SYNS)
    expect([tuples.size, victims.size, backwards]).toEqual([SYNS, 1, 0])
    expect([...flags]).toEqual([TcpFlag.SYN])
  })

  it('has right checksums', () => {
    const bytes = readFileSync(write('sums.pcap'))
    // A sum over bytes with a right checksum among them is all ones (RFC 1071 §1).
    const sum = (from: number, end: number, added = 0): number => {
      let total = added
      for (let at = from; at < end; at += 2) total += bytes.readUInt16BE(at)
      while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
      return total
    }
    for (let packet = 0; packet < 1000; packet += 1) {
      const ip = 24 + packet * 76 + 16 + 14
      expect(sum(ip, ip + 20)).toBe(0xffff)
      expect(sum(ip + 12, ip + 40, 6 + 20)).toBe(0xffff)
    }
  })

  it('is the same every time', () => {
    expect(readFileSync(write('one.pcap')).equals(readFileSync(write('two.pcap')))).toBe(true)
  })
})
