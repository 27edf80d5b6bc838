import { expect, test } from 'vitest'
import { createDryRunFirewall } from '../../../../src/respond/firewalls/dry-run.ts'
import { entryFor, SetClock } from '../../../support/response/blocking.ts'

test('it counts down and lets go as the kernel would', async () => {
  const clock = new SetClock(0)
  const firewall = createDryRunFirewall(clock)
  await firewall.add([
    entryFor('192.0.2.7', { remainingSeconds: 60 }),
    entryFor('2001:db8::7', { remainingSeconds: null }),
  ])
  clock.advanceSeconds(45)
  expect(await firewall.list()).toMatchObject([
    entryFor('192.0.2.7', { remainingSeconds: 15 }),
    entryFor('2001:db8::7', { remainingSeconds: null }),
  ])
  clock.advanceSeconds(15)
  expect((await firewall.list()).map(({ target }) => target)).toEqual(['2001:db8::7'])
})

test('synchronising leaves exactly what was given', async () => {
  const firewall = createDryRunFirewall(new SetClock(0))
  await firewall.add([entryFor('192.0.2.7', { remainingSeconds: null })])
  await firewall.synchronise([entryFor('192.0.2.8', { remainingSeconds: null })])
  expect((await firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.8'])
})
