/** How large V8's young generation grows in a program that writes a record; in a process of its own. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { RECORD_DEFAULTS, temporaryFolder } from '../support/record.ts'

/** Opens a record, whose threads have heaps of their own, and leaves much behind that is soon dead. */
const LITTERING = `
  import { getHeapSpaceStatistics } from 'node:v8'
  import { systemClock } from './dist/core/clock.js'
  import { silentLog } from './dist/core/log.js'
  import { keepYoungGenerationSmall } from './dist/core/v8-flags.js'
  import { openRecord } from './dist/record/index.js'
  keepYoungGenerationSmall()
  const [directory, config] = process.argv.slice(1)
  const settings = { directory, config: JSON.parse(config), clock: systemClock, log: silentLog }
  const record = await openRecord(settings)
  const alive = []
  for (let round = 0; round < 4000; round += 1) {
    alive[round % 50] = Array.from({ length: 1000 }, (_, index) => ({ round, index }))
  }
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  console.log(young.space_size / 2 ** 20)
  await record.close()
`

it('stays small although the threads of the record have heaps of their own', async () => {
  const given = [await temporaryFolder(), JSON.stringify(RECORD_DEFAULTS)]
  const argv = ['--input-type=module', '--eval', LITTERING, ...given]
  const { stdout } = await promisify(execFile)(process.execPath, argv)
  expect(Number(stdout)).toBeLessThan(8)
})
