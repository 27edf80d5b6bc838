import { expect, test } from 'vitest'
import { formatCidr } from '../../../../src/net/cidr.ts'
import { createGuardFacts } from '../../../../src/respond/guards/guard-facts.ts'
import type { Guard } from '../../../../src/respond/guards/refusal.ts'

const config = { minPrefix4: 16, minPrefix6: 48, guardedHosts: ['192.0.2.99'] }

async function guardedBy(
  guard: Guard,
  sources: { allowlist?: string[]; sinkHosts?: string[] },
): Promise<string[]> {
  const { allowlist = [], sinkHosts = [] } = sources
  const facts = await createGuardFacts({ config, allowlist, sinkHosts })()
  return facts.guarded.filter((one) => one.guard === guard).map(({ range }) => formatCidr(range))
}

test('the allowlist and the SIEMs are guarded, those with a name by all their addresses', async () => {
  const allowlist = ['192.0.2.0/24', '2001:db8::1']
  expect(await guardedBy('allowlist', { allowlist })).toEqual(allowlist)
  const sinkHosts = ['198.51.100.20', 'localhost']
  const sinks = await guardedBy('sink', { sinkHosts })
  expect(sinks).toContain('198.51.100.20')
  expect(sinks).toContain('127.0.0.1')
})

test('entries of the allowlist guard until they expire, and say why', async () => {
  const allowlist = [
    { range: '192.0.2.0/24', comment: 'our scanner', expires: '2999-01-01T00:00:00Z' },
    { range: '198.51.100.0/24', expires: '2026-01-05T10:00:00Z' },
  ]
  const { guarded } = await createGuardFacts({ config, allowlist, sinkHosts: [] })()
  const found = guarded.filter(({ guard }) => guard === 'allowlist')
  expect(found).toMatchObject([{ comment: 'our scanner' }])
})

test('a SIEM whose name is unknown does not hold up the others', async () => {
  const sinkHosts = ['no-such-host.invalid', '198.51.100.20']
  expect(await guardedBy('sink', { sinkHosts })).toEqual(['198.51.100.20'])
})

test("this machine's own addresses are guarded", async () => {
  expect(await guardedBy('own-address', {})).toContain('127.0.0.1')
})

test('an allowlist entry that is no range is refused at once, with the entry and the cure', () => {
  expect(() => createGuardFacts({ config, allowlist: ['192.0.2.0/33'], sinkHosts: [] })).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('"192.0.2.0/33"') as string,
    }),
  )
})
