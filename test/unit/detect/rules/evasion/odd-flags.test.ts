import { expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const PAIR = ['192.0.2.7', '10.0.0.5'] as const

function send(flags: readonly string[], ports: (index: number) => number): readonly string[] {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < 30; index += 1) {
    const fields = { sourcePort: 2000 + index, destinationPort: ports(index) }
    traffic.tcp(...PAIR, { ...fields, flags: flags[index % flags.length]! }, 100_000)
  }
  return traffic.end().map(({ kind }) => kind)
}

test.each(['SF', '', 'F', 'FPU', 'SR'])(
  'segments with only the flags [%s] to one port are told',
  (flags) => {
    expect(send([flags], () => 80)).toEqual(['evasion.odd-flags'])
  },
)

test('those of a scan and of a fingerprint are told as such alone', () => {
  expect(send(['FPU'], (index) => 20 + index)).toEqual(['scan.vertical.xmas'])
  expect(send(['FPU', '', 'SF'], () => 80)).toEqual(['scan.fingerprint'])
})

test('a few damaged segments, and flags of the ordinary kind, are nothing', () => {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < 4; index += 1) {
    traffic.tcp(...PAIR, { sourcePort: 2000 + index, flags: 'FPU' }, 1_000_000)
  }
  for (let index = 0; index < 40; index += 1) {
    const flags = ['RA', 'R', 'FA', 'PA'][index % 4]!
    traffic.tcp(...PAIR, { sourcePort: 3000, destinationPort: 50_000, flags }, 1_000_000)
  }
  expect(traffic.end()).toEqual([])
})
