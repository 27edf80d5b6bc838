/**
 * What `npm start`, `npm test`, `npm run bench` and `npm run package` run first: makes this machine ready (Node,
 * system packages, npm packages, native addons, build), then hands over. Plain Node, because
 * nothing is installed yet; says nothing and takes well under a second when nothing is missing.
 *
 * Usage: `node deploy/setup.mjs [start [ARGS…] | test [ARGS…] | bench [ARGS…] |
 * bench:delivery [ARGS…] | package [ARGS…] | test:package | test:thorough]`. All words go to
 * stderr, so that `npm start -s -- events --json` leaves a clean stdout.
 */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkNode, orExplain } from './setup/ground.mjs'

/** What they have to tell the check that is asked for. */
const checks = { 'test:package': ['--package'], 'test:thorough': ['--thorough'] }

const root = fileURLToPath(new URL('..', import.meta.url))
const [purpose = 'setup', ...args] = process.argv.slice(2)
const successors = {
  setup: undefined,
  start: 'dist/main.js',
  test: 'test/check.mjs',
  'test:package': 'test/check.mjs',
  'test:thorough': 'test/check.mjs',
  bench: 'test/bench/run.mjs',
  'bench:delivery': 'test/bench/delivery.mjs',
  package: 'deploy/deb/build.mjs',
}

async function prepare() {
  checkNode()
  // Imported only now: on a Node too old for them the message above must come first.
  const { installPeers, installSystemPackages } = await import('./setup/system-packages.mjs')
  const { buildAddons, installNpmPackages } = await import('./setup/npm-packages.mjs')
  const { build } = await import('./setup/build.mjs')
  // Whoever asks for the agent should know what it will lack; who lists events need not.
  const isAgent = args.every((argument) => argument === 'start' || argument.startsWith('-'))
  const isHelp = args.includes('--help')
  await installSystemPackages(root, {
    isForTests: ['test', 'test:thorough', 'bench:delivery'].includes(purpose),
    isForPackage: purpose === 'test:package',
    isTold: isAgent,
  })
  if (purpose === 'bench' && !isHelp) await installPeers()
  await installNpmPackages(root)
  if (purpose === 'test' || purpose === 'test:thorough') {
    const { unpackSyslogNg } = await import('./setup/unpacked-packages.mjs')
    await unpackSyslogNg(root)
  }
  await buildAddons(root, { isRetried: purpose === 'setup' })
  await build(root)
}

/**
 * Becomes the program that was asked for, in this very process: signals, exit code and terminal
 * are then its own, with nobody in between who could lose a signal or pass it on twice.
 */
async function handOver(successor) {
  const path = join(root, successor)
  const given = purpose === 'start' && args.length === 0 ? ['start'] : args
  const chosen = [...(checks[purpose] ?? []), ...given]
  process.argv = [process.argv[0], path, ...chosen]
  // npm moves to the project's folder; the files in the arguments are meant from where the user is.
  const startedIn = process.env.npm_lifecycle_event && process.env.INIT_CWD
  if (startedIn && !purpose.startsWith('test')) process.chdir(startedIn)
  await import(pathToFileURL(path).href)
}

if (!Object.hasOwn(successors, purpose)) {
  process.stderr.write(
    `error: unknown purpose ${purpose}\nhint: use start, test, test:package, test:thorough, bench, bench:delivery or package\n`,
  )
  process.exit(2)
}
await orExplain(prepare)
const successor = successors[purpose]
if (successor) await handOver(successor)
