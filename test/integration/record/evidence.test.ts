/** The packets behind an event, from the replay of a capture to the file that a reader downloads. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPcapFile } from '../../../src/capture/index.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import { formatIpv4Word } from '../../../src/net/address.ts'
import type { Event } from '../../../src/record/event.ts'
import { run } from '../../support/memory-terminal.ts'
import { temporaryFolder } from '../../support/record.ts'

const demo = packagedFile('test/data/demo.pcap')

/** The two addresses of every packet of a capture, each pair sorted. */
async function pairsIn(file: string): Promise<string[]> {
  const decoder = new Decoder()
  const packet = new Packet()
  const pairs: string[] = []
  const end = await openPcapFile(file, {}).run((frame) => {
    decoder.decode(frame, packet)
    const ends = [formatIpv4Word(packet.source3), formatIpv4Word(packet.destination3)]
    pairs.push(ends.sort().join(' '))
  })
  expect(end).toEqual({ kind: 'complete' })
  return pairs
}

async function replayedScan(folder: string): Promise<Event> {
  const replayed = await run('replay', demo, '--json', '--data-dir', folder)
  const events = replayed.json as Event[]
  return events.find(({ kind, victims }) => kind.startsWith('scan') && !victims[0]!.includes(':'))!
}

test('a replayed scan has its first packets, and only those between scanner and target', async () => {
  const folder = await temporaryFolder()
  const scan = await replayedScan(folder)
  const file = join(folder, 'scan.pcap')
  const { exitCode } = await run('events', 'evidence', scan.id, '-o', file, '--data-dir', folder)
  expect(exitCode).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const pairs = await pairsIn(file)
  expect(pairs.length).toBeGreaterThan(10)
  expect(pairs.length).toBeLessThanOrEqual(64)
  const expected = scan.victims.map((victim) => [scan.attacker!, victim].sort().join(' '))
  expect(expected).toEqual(expect.arrayContaining([...new Set(pairs)]))
})

test('the packets go to standard output where no file is named, as they are', async () => {
  const folder = await temporaryFolder()
  const scan = await replayedScan(folder)
  const file = join(folder, 'scan.pcap')
  await run('events', 'evidence', scan.id, '-o', file, '--data-dir', folder)
  const { out } = await run('events', 'evidence', scan.id, '--data-dir', folder)
  expect(Buffer.from(out, 'latin1').equals(readFileSync(file))).toBe(true)
})

test('an event without packets, and one that is not there, are said to have none', async () => {
  const folder = await temporaryFolder()
  await replayedScan(folder)
  const id = '0198c0de-0000-7000-8000-000000000002'
  const { exitCode, err } = await run('events', 'evidence', id, '--data-dir', folder)
  expect(exitCode).toBe(1)
  expect(err).toContain('no packets are kept with this event')
})
