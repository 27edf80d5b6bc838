import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RunCommand } from '../../../../src/respond/command.ts'
import { ConnectionCutter } from '../../../../src/respond/firewalls/connection-cutter.ts'
import { until } from '../../../support/await-until.ts'
import { entryFor } from '../../../support/response/blocking.ts'

const PEERS = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']
const LISTED = PEERS.map((peer) => `tcp 6 99 ESTABLISHED src=${peer} dst=198.51.100.9 sport=40000`)

/** A conntrack that takes as long as the test says to forget; each such call with the lines that it was given. */
function slowConntrack() {
  const calls: { readonly lines: string; end(): void }[] = []
  const run: RunCommand = (tool, args) => {
    if (args[0] === '-L') return Promise.resolve(LISTED.join('\n'))
    const lines = tool === 'conntrack' ? readFileSync(args[1]!, 'utf8') : tool
    return new Promise((resolve) => calls.push({ lines, end: () => resolve('') }))
  }
  const begun = (count: number) =>
    until(`${count} have begun`, () => calls[count - 1] ?? null, { everyMs: 2 })
  return { run, calls, begun }
}

test('no block waits for conntrack, and what comes meanwhile goes with its next look', async () => {
  const { run, calls, begun } = slowConntrack()
  const cutter = new ConnectionCutter({ run })
  await cutter.cut([entryFor('192.0.2.1')])
  const first = await begun(1)
  await cutter.cut([entryFor('192.0.2.2')])
  await cutter.cut([entryFor('192.0.2.3')])
  expect(calls).toHaveLength(1)
  first.end()
  const second = await begun(2)
  expect([first, second].map(({ lines }) => lines.match(/(?<=-s )\S+/g))).toEqual([
    ['192.0.2.1'],
    ['192.0.2.2', '192.0.2.3'],
  ])
  const settled = cutter.settled()
  second.end()
  await settled
  await cutter.cut([])
  await cutter.cut([entryFor('192.0.2.4')])
  expect((await begun(3)).lines).toContain('192.0.2.4')
})

test('of a flood of blocks only the rules cut, so that nothing piles up', async () => {
  const { run, calls } = slowConntrack()
  const cutter = new ConnectionCutter({ run })
  const flood = Array.from({ length: 33 }, (_, at) => entryFor(`192.0.2.${at}`))
  await cutter.cut(flood)
  await cutter.settled()
  expect(calls).toEqual([])
})

test('where sockets are to be ended they are when the block is answered', async () => {
  const { run, begun } = slowConntrack()
  const cutter = new ConnectionCutter({ run, killSockets: true })
  let isDone = false
  const done = cutter.cut([entryFor('192.0.2.1')]).then(() => (isDone = true))
  const calls = [await begun(1), await begun(2)]
  expect(calls.map(({ lines }) => lines)).toContain('ss')
  expect(isDone).toBe(false)
  calls.forEach(({ end }) => end())
  await done
})
