/**
 * Sends the API requests made from its document until time is up, and tells what broke.
 *
 * Usage: `node test/fuzz-api.mjs [--seconds N] [--seed N]`. The same seed sends the same requests. Exit code 1 when
 * an answer was not as the document says, took too long, or changed something without the scope for it.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const root = fileURLToPath(new URL('..', import.meta.url))
const argv = ['run', '--config', 'test/vitest.config.ts', 'test/integration/api/api-fuzz.test.ts']
process.stdout.write(`seed ${values.seed}, ${values.seconds} s\n`)
spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...argv], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PICKET_API_FUZZ_SECONDS: values.seconds,
    PICKET_API_FUZZ_SEED: values.seed,
  },
}).on('exit', (code) => (process.exitCode = code ?? 1))
