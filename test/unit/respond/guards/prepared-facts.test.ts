import { expect, test } from 'vitest'
import { PreparedFacts } from '../../../../src/respond/guards/prepared-facts.ts'
import { OPEN_FACTS } from '../../../support/response/blocking.ts'

test('a reading that fails serves nobody who asks later, at whatever moment', async () => {
  let fail: (error: Error) => void = () => undefined
  let readings = 0
  const facts = new PreparedFacts(() => {
    readings += 1
    return readings === 1
      ? new Promise((_, reject) => (fail = reject))
      : Promise.resolve(OPEN_FACTS)
  })
  const first = facts.readNow()
  const failed = expect(first).rejects.toThrow('no /proc')
  fail(new Error('no /proc'))
  // One that asks at each of the turns in which the failure is passed on.
  const later: Promise<unknown>[] = []
  for (let turn = 0; turn < 6; turn += 1) {
    later.push(facts.readNow().catch((error: unknown) => error))
    await Promise.resolve()
  }
  await failed
  const answers = await Promise.all(later)
  expect(answers.filter((one) => one instanceof TypeError)).toEqual([])
  expect(answers.at(-1)).toBe(OPEN_FACTS)
})
