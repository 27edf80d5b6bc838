import { expect, it } from 'vitest'
import type { RunCommand } from '../../../../src/respond/command.ts'
import { RuleTables } from '../../../../src/respond/firewalls/iptables/rule-tables.ts'
import { entryFor } from '../../../support/response/blocking.ts'

it.each([
  [['192.0.2.7', '198.51.100.0/24'], ['iptables']],
  [
    ['192.0.2.7', '2001:db8::1'],
    ['iptables', 'ip6tables'],
  ],
  [[], ['iptables', 'ip6tables']],
])('the tables that %s need are read, and no other tool is started', async (targets, tools) => {
  const started: string[] = []
  const run: RunCommand = (tool) => {
    started.push(tool)
    return Promise.resolve(`-P INPUT ACCEPT ${tool}`)
  }
  const entries = targets.map((target) => entryFor(target))
  const listings = await new RuleTables(run).listingsFor(entries)
  expect(started).toEqual(tools)
  expect(listings.map(({ text }) => text)).toEqual(tools.map((tool) => `-P INPUT ACCEPT ${tool}`))
})
