/** Rules that somebody else takes out are put back as soon as the kernel tells, not at the next look. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { createBlocker } from '../../../src/respond/blocker.ts'
import { createIptablesFirewall } from '../../../src/respond/firewalls/iptables/choice.ts'
import { createPlainFirewall } from '../../../src/respond/firewalls/iptables/plain.ts'
import { until } from '../../support/await-until.ts'
import { AUTOMATIC, OPEN_FACTS, orderFor, RESPOND_CONFIG } from '../../support/response/blocking.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside, startInside } from '../../support/hosts/namespaced-command.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

let network: TestNetwork<'attacker' | 'victim'>

beforeAll(async () => {
  network = await joinHosts(['attacker', 'victim'])
})
afterAll(() => network.remove())

test.each([
  ['iptables', createIptablesFirewall],
  ['iptables-plain', createPlainFirewall],
] as const)('a flush is repaired long before the next look (%s)', async (_, create) => {
  const { victim, attacker } = network.hosts
  const firewall = create({ run: runInside(victim), start: startInside(victim) }, systemClock)
  const record = await openedRecord(await temporaryFolder())
  const told: string[] = []
  const blocker = createBlocker({
    ...{ firewall, blocks: record.blocks, clock: systemClock, log: silentLog },
    guardFacts: () => Promise.resolve(OPEN_FACTS),
    // An hour between two looks.
    ...{ config: RESPOND_CONFIG, automatic: AUTOMATIC },
    onRepaired: (repaired) => told.push(...repaired),
  })
  onTestFinished(() => firewall.teardown())
  await blocker.start()
  await blocker.order(orderFor(attacker.address4))
  const isToldOf = async (): Promise<true | null> => {
    if (told.length === 0) await victim.run('iptables', ['-F'])
    return told.length > 0 || null
  }
  // The monitor may not listen yet at the first flush, and one in the middle of a repair is another's.
  await until('it is put right, and said so', isToldOf, { everyMs: 1500 })
  expect(told.join('; ')).toContain('chain')
  await until('the last flush, too, is', async () => (await firewall.isIntact()) || null)
  await blocker.stop()
  await until('nothing listens any more', () => {
    const pids = execFileSync('ip', ['netns', 'pids', victim.namespace], { encoding: 'utf8' })
    return pids === '' || null
  })
})
