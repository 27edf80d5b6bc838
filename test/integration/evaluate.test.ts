/** `picket evaluate` on made-up captures: what it counts, what it writes, and what it says of bad input. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mergeCaptures } from '../../src/cli/evaluation/merged-captures.ts'
import { LinkType } from '../../src/capture/source.ts'
import type { EvaluationReport } from '../../src/train/index.ts'
import { ipv4 } from '../support/packets/ip-builder.ts'
import { run } from '../support/memory-terminal.ts'
import { ethernet, linuxSll, tcp } from '../support/packets/packet-builder.ts'
import { writePcap, type CapturedPacket } from '../support/packets/pcap-writer.ts'

const ATTACKER = '192.0.2.7'
const VICTIM = '10.0.0.5'
let directory = ''
let truthFile = ''

function probe(port: number, atUs: number): CapturedPacket {
  const fields = { sourcePort: 50_000, destinationPort: port, flags: 'S' }
  const bytes = linuxSll(ipv4({ source: ATTACKER, destination: VICTIM }, tcp(fields)))
  return { timestampUs: 1_600_000_000_000_000 + atUs, bytes }
}

function visit(number: number, from: 'client' | 'server', flags: string, afterUs: number) {
  const ends = ['10.0.0.9', '198.51.100.1']
  const [source, destination] = from === 'client' ? ends : ends.reverse()
  const ports = [40_000 + number, 443]
  const [sourcePort, destinationPort] = from === 'client' ? ports : ports.reverse()
  const segment = tcp({ sourcePort: sourcePort!, destinationPort: destinationPort!, flags })
  const timestampUs = 1_700_000_000_000_000 + number * 1_000_000 + afterUs
  const bytes = ethernet(ipv4({ source: source!, destination: destination! }, segment))
  return { timestampUs, bytes }
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-evaluate-'))
  const scan = Array.from({ length: 100 }, (_, at) => probe(1 + at, at * 20_000))
  writePcap(join(directory, 'scan.pcap'), scan, LinkType.LINUX_SLL)
  const visits = Array.from({ length: 20 }, (_, number) => [
    visit(number, 'client', 'S', 0),
    visit(number, 'server', 'SA', 20_000),
    visit(number, 'client', 'A', 20_100),
    visit(number, 'client', 'FA', 400_000),
    visit(number, 'server', 'FA', 420_000),
  ])
  writePcap(join(directory, 'web.pcap'), visits.flat())
  writeFileSync(join(directory, 'broken.pcap'), 'no capture')
  truthFile = truthOf([
    row('scan', 'attack', { attack_types: ['portscan-syn'], attacker_ips: [ATTACKER], victim_ips: [`${VICTIM} host`] }),
    row('web', 'benign'),
  ]) // prettier-ignore
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

function row(name: string, kind: string, changes: object = {}): object {
  return { name, file: `captures/${name}.pcap`, kind, attack_types: [], attacker_ips: [], victim_ips: [], ...changes } // prettier-ignore
}

function truthOf(rows: unknown): string {
  const path = join(directory, `truth-${Math.random()}.json`)
  writeFileSync(path, JSON.stringify(rows))
  return path
}

const evaluate = (truth: string, ...more: string[]) => {
  const out = join(directory, 'out')
  const given = ['--truth', truth, '--captures', directory, '--out', out, '--data-dir', directory]
  return run('evaluate', ...given, ...more)
}

describe('picket evaluate', () => {
  it('finds the scan alone and within ordinary traffic, names its author, and writes both files', async () => {
    const { exitCode, json } = await evaluate(truthFile, '--no-models', '--json')
    expect(exitCode).toBe(0)
    const [report] = json as [EvaluationReport]
    const found = { captures: 1, detected: 1, rightParty: 1, rightFamily: 1 }
    expect(report.attacks.total).toMatchObject(found)
    expect(report.mixed).toMatchObject({ mixes: 1, otherAlerts: 0, total: found })
    expect(report.benign).toMatchObject({ captures: 1, flows: 20, alerts: 0, capturesWithAlert: 0 })
    const { firstAlert } = report.captures[0]!
    expect(firstAlert).toMatchObject({ kind: 'scan.vertical.syn', isAtEnd: false })
    expect(firstAlert!.packets).toBeLessThan(40)
    // In the mix only the attack's own packets and its own time count.
    expect(report.mixes[0]!.firstAlert!.packets).toBeLessThan(40)
    expect(report.mixes[0]!.firstAlert!.seconds).toBeLessThan(1)

    const written = readFileSync(join(directory, 'out/evaluation.json'), 'utf8')
    expect(JSON.parse(written)).toEqual(report)
    const page = readFileSync(join(directory, 'out/evaluation.md'), 'utf8')
    expect(page).toContain('| portscan-syn | 1 | 1 | 1 | 1 |')
  })

  it('tells people the same in words, and why the models were not measured', async () => {
    const { out } = await evaluate(truthFile, '--mix', '0')
    expect(out).toMatch(/portscan-syn +1 +1 +1 +1/)
    expect(out).toMatch(/benign captures +1, 20 flows/)
    expect(out).toMatch(/models +not measured: .*5 folds need 5/)
  })

  it('goes on past a file that is no capture, counts it nowhere, and ends with 3', async () => {
    const truth = truthOf([row('broken', 'benign'), row('web', 'benign')])
    const { exitCode, json } = await evaluate(truth, '--no-models', '--json')
    expect(exitCode).toBe(3)
    const [report] = json as [EvaluationReport]
    expect(report.benign.captures).toBe(1)
    expect(report.faults).toMatchObject([{ name: 'broken' }])
  })

  it.each<[string, unknown, RegExp]>([
    ['a kind that is none', [row('web', 'evil')], /\[0\] has a kind .*: "evil"/],
    ['parties that are no list', [row('web', 'attack', { victim_ips: 7 })], /victim_ips: it is 7/],
    ['a capture that is missing', [row('gone', 'benign')], /missing in .*gone\.pcap/],
  ])('refuses a truth file with %s, naming field and value', async (_words, rows, message) => {
    const { exitCode, err, out } = await evaluate(truthOf(rows))
    expect(exitCode).toBe(1)
    expect(err).toMatch(message)
    expect(err).toContain('hint:')
    expect(out).toBe('')
  })

  it('says before any work that the results cannot be written', async () => {
    const occupied = join(directory, 'occupied')
    writeFileSync(occupied, '')
    const { exitCode, err } = await evaluate(truthFile, '--out', occupied)
    expect(exitCode).toBe(2)
    expect(err).toMatch(/occupied cannot be written/)
    expect(existsSync(occupied)).toBe(true)
  })
})

describe('merged captures', () => {
  it('lie on one timeline, the second from the middle of the first, each with its link type', async () => {
    const seen: { at: number; isMergedIn: boolean; linkType: number }[] = []
    const end = await mergeCaptures(
      join(directory, 'web.pcap'),
      join(directory, 'scan.pcap'),
      ({ timestampUs, linkType }, isMergedIn) =>
        seen.push({ at: timestampUs, isMergedIn, linkType }),
    )
    expect(end.kind).toBe('complete')
    expect(seen).toHaveLength(200)
    const times = seen.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(seen.findIndex(({ isMergedIn }) => isMergedIn)).toBe(51)
    expect(new Set(seen.map(({ linkType, isMergedIn }) => `${linkType} ${isMergedIn}`))).toEqual(
      new Set([`${LinkType.ETHERNET} false`, `${LinkType.LINUX_SLL} true`]),
    )
  })
})
