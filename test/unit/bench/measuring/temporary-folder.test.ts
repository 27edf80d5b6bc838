import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

const module = pathToFileURL(packagedFile('test/bench/measuring/temporary-folder.mjs')).href
const BENCH = `
  import { writeFileSync } from 'node:fs'
  import { temporaryFolder } from '${module}'
  const folder = temporaryFolder('pk-test-')
  writeFileSync(folder + '/figures', '')
  console.log(folder)
  setInterval(() => undefined, 1000)`

it.each(['SIGINT', 'SIGTERM'] as const)('goes with a bench that %s interrupts', async (signal) => {
  const bench = spawn(process.execPath, ['--input-type=module', '-e', BENCH])
  const [folder] = (await once(bench.stdout.setEncoding('utf8'), 'data')) as [string]
  expect(existsSync(folder.trim())).toBe(true)
  bench.kill(signal)
  await once(bench, 'exit')
  expect(bench.exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
  expect(existsSync(folder.trim())).toBe(false)
})
