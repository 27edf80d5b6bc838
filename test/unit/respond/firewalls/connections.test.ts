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

function recording(failure?: PicketError): { run: RunCommand; calls: string[] } {
  const calls: string[] = []
  const run: RunCommand = (tool, args) => {
    const isRead = args[0] === '-R'
    calls.push(`${tool} ${isRead ? `-R\n${readFileSync(args[1]!, 'utf8')}` : args.join(' ')}`)
    return isRead && failure !== undefined ? Promise.reject(failure) : Promise.resolve('')
  }
  return { run, calls }
}

test('the connections of several blocks are forgotten by one process', async () => {
  const { run, calls } = recording()
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls).toEqual([`conntrack -R\n${FOUR_LINES.join('\n')}\n`])
})

test('a conntrack that reads no lines is called for each', async () => {
  const { run, calls } = recording(new PicketError('ERR_FIREWALL_FAILED', 'conntrack -R: unknown option')) // prettier-ignore
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls.slice(1)).toEqual(FOUR_LINES.map((line) => `conntrack ${line}`))
})

test('one that takes too long is not begun again for each', async () => {
  const { run, calls } = recording(new PicketError('ERR_FIREWALL_FAILED', 'conntrack -R: did not end within 2000 ms')) // prettier-ignore
  await cutConnections(run, ENTRIES, { killSockets: false })
  expect(calls).toHaveLength(1)
})
