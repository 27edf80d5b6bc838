/** What a bench that is interrupted leaves behind. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { until } from '../../support/await-until.ts'

const module = fileURLToPath(new URL('../../support/hosts/veth-pair.mjs', import.meta.url))
/** A daemon in the namespace, as the sessions of sshd are: in a session of its own, nobody's child any more. */
const BENCH = `
  const { makeVethPair, runToEnd, startOne } = await import(${JSON.stringify(module)})
  const pair = await makeVethPair()
  startOne(pair.receiver, 'sh', ['-c', '(setsid sleep 600 &); exec sleep 600'])
  let pids = ''
  while (pids.split('\\n').length < 3) pids = await runToEnd(pair.sender, 'ip', ['netns', 'pids', pair.receiver])
  process.stdout.write(JSON.stringify({ pids: pids.trim().split('\\n'), receiver: pair.receiver }) + '\\n')
  await new Promise(() => undefined)
`

it.skipIf(process.getuid?.() !== 0).each(['SIGINT', 'SIGTERM'] as const)(
  'no process and no namespace is left of a bench that gets %s (it needs root)',
  async (signal) => {
    const bench = spawn(process.execPath, ['--input-type=module', '-e', BENCH], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(bench.stdout, 'data')) as [Buffer]
    const { pids, receiver } = JSON.parse(String(line)) as { pids: string[]; receiver: string }
    expect(pids).toHaveLength(2)
    bench.kill(signal)
    expect(await once(bench, 'exit')).toEqual([null, signal])
    await until('all have ended', () => !pids.some((pid) => existsSync(`/proc/${pid}`)) || null)
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(receiver)
  },
)
