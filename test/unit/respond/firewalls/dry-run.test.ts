import { expect, test } from 'vitest'
import { createDryRunFirewall } from '../../../../src/respond/firewalls/dry-run.ts'
import { SetClock } from '../../../support/blocking.ts'

test('it counts down and lets go as the kernel would', async () => {
  const clock = new SetClock(0)
  const firewall = createDryRunFirewall(clock)
  await firewall.add([
    { target: '192.0.2.7', family: 4, remainingSeconds: 60 },
    { target: '2001:db8::7', family: 6, remainingSeconds: null },
  ])
  clock.advanceSeconds(45)
  expect(await firewall.list()).toEqual([
    { target: '192.0.2.7', family: 4, remainingSeconds: 15 },
    { target: '2001:db8::7', family: 6, remainingSeconds: null },
  ])
  clock.advanceSeconds(15)
  expect((await firewall.list()).map(({ target }) => target)).toEqual(['2001:db8::7'])
})

test('synchronising leaves exactly what was given', async () => {
  const firewall = createDryRunFirewall(new SetClock(0))
  await firewall.add([{ target: '192.0.2.7', family: 4, remainingSeconds: null }])
  await firewall.synchronise([{ target: '192.0.2.8', family: 4, remainingSeconds: null }])
  expect((await firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.8'])
})
