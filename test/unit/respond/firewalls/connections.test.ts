import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PicketError } from '../../../../src/core/errors.ts'
import type { RunCommand } from '../../../../src/respond/command.ts'
import { cutConnections } from '../../../../src/respond/firewalls/connections.ts'
import { entryFor } from '../../../support/response/blocking.ts'

const ENTRIES = [entryFor('192.0.2.7'), entryFor('2001:db8::7', { protocol: 'tcp' })]
const FOUR_LINES = [
  '-D -f ipv4 -s 192.0.2.7',
  '-D -f ipv4 -d 192.0.2.7',
  '-D -f ipv6 -s 2001:db8::7 -p tcp',
  '-D -f ipv6 -d 2001:db8::7 -p tcp',
]

const LISTED: Readonly<Record<string, string>> = {
  ipv4: `${connection('192.0.2.7', '198.51.100.9')}${connection('198.51.100.9', '203.0.113.200')}`,
  ipv6: connection('2001:db8::9', '2001:db8::7'),
}
const LISTS = ['conntrack -L -f ipv4', 'conntrack -L -f ipv6']

/** As `conntrack -L` prints it. */
function connection(from: string, to: string): string {
  const ends = `src=${from} dst=${to} sport=40000 dport=80`
  return `tcp      6 99 ESTABLISHED ${ends} src=${to} dst=${from} sport=80 dport=40000 [ASSURED] mark=0 use=1\n`
}

function recording(failure?: PicketError): { run: RunCommand; calls: string[] } {
  const calls: string[] = []
  const run: RunCommand = (tool, args) => {
    const isRead = args[0] === '-R'
    calls.push(`${tool} ${isRead ? `-R\n${readFileSync(args[1]!, 'utf8')}` : args.join(' ')}`)
    if (isRead && failure !== undefined) return Promise.reject(failure)
    return Promise.resolve(args[0] === '-L' ? (LISTED[args[2]!] ?? '') : '')
  }
  return { run, calls }
}

test('the connections of several blocks are forgotten by one process', async () => {
  const { run, calls } = recording()
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls).toEqual([...LISTS, `conntrack -R\n${FOUR_LINES.join('\n')}\n`])
})

test('a conntrack that reads no lines is called for each', async () => {
  const { run, calls } = recording(new PicketError('ERR_FIREWALL_FAILED', 'conntrack -R: unknown option')) // prettier-ignore
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls.slice(3)).toEqual(FOUR_LINES.map((line) => `conntrack ${line}`))
})

test('one that takes too long is not begun again for each', async () => {
  const { run, calls } = recording(new PicketError('ERR_FIREWALL_FAILED', 'conntrack -R: did not end within 2000 ms')) // prettier-ignore
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls).toHaveLength(3)
})

test('of many blocks those are looked for that have connections, since a look for each costs the host dear', async () => {
  const { run, calls } = recording()
  const listed = Array.from({ length: 20 }, (_, at) => entryFor(`198.18.0.${at}`))
  const range = entryFor('203.0.113.0/24')
  await cutConnections(run, [...listed, range], { killSockets: false })
  const lines = ['-D -f ipv4 -s 203.0.113.0/24', '-D -f ipv4 -d 203.0.113.0/24']
  expect(calls).toEqual([LISTS[0], `conntrack -R\n${lines.join('\n')}\n`])
})

test('where none of many blocks has a connection nothing is forgotten', async () => {
  const { run, calls } = recording()
  await cutConnections(run, [entryFor('198.18.0.1'), entryFor('198.18.0.2')], {
    killSockets: false,
  })
  expect(calls).toEqual([LISTS[0]])
})
