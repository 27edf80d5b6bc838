/**
 * `npm run package`: builds `dist/picket_VERSION_ARCH.deb` and, beside it, what it is made of (CycloneDX).
 *
 * The same sources, Node and compiled addons give the same bytes: times are those of the last commit (or
 * SOURCE_DATE_EPOCH), owners are root, files are in order, one thread compresses.
 * Usage: `npm run package [-- --compression xz|gzip|zstd|none] [--version VERSION] [--output FOLDER]`
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isInstalled, lastLines, orExplain, run, SetupError, step } from '../setup/ground.mjs'
import { layControl } from './control.mjs'
import { sourceDate, stampAll } from './reproducible.mjs'
import { writeBill } from './bill-of-materials.mjs'
import { layTree } from './tree.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const compressions = ['xz', 'gzip', 'zstd', 'none']
const architectures = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' }

/** Where the words on the command line are wrong, ends with exit code 2. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        compression: { type: 'string', default: 'xz' },
        version: { type: 'string' },
        output: { type: 'string', default: join(root, 'dist') },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(
        'Usage: npm run package [-- --compression xz|gzip|zstd|none] [--version VERSION] [--output FOLDER]\n',
      )
      process.exit(0)
    }
    if (!compressions.includes(values.compression)) {
      throw new Error(
        `--compression is ${values.compression}; expected one of ${compressions.join(', ')}`,
      )
    }
    if (values.version !== undefined && !/^\d[0-9A-Za-z.+~]*$/.test(values.version)) {
      throw new Error(`--version is ${values.version}; expected a Debian version, such as 1.2.3`)
    }
    return values
  } catch (failure) {
    process.stderr.write(`error: ${failure.message}\n`)
    process.exit(2)
  }
}

async function packageAll({ compression, output, ...options }) {
  if (!isInstalled('dpkg-deb')) {
    throw new SetupError('there is no dpkg-deb here', 'build the package on Debian or Ubuntu')
  }
  const architecture = architectures[process.arch]
  if (!architecture)
    throw new SetupError(`no Debian name for ${process.arch}`, 'build on amd64 or arm64')
  const stage = mkdtempSync(join(tmpdir(), 'picket-package-'))
  try {
    const epoch = await sourceDate(root)
    const { version, files } = await step('laying out the package', async () => {
      const laid = await layTree({ root, stage, version: options.version })
      await writeBill({ root, stage, epoch, ...laid })
      layControl({ stage, architecture, ...laid })
      stampAll(stage, epoch)
      return laid
    })
    const name = `picket_${version}_${architecture}`
    mkdirSync(output, { recursive: true })
    const target = join(output, `${name}.deb`)
    await step(`compressing with ${compression}`, () =>
      compress({ stage, target, compression, epoch }),
    )
    cpSync(join(stage, files.bill), join(output, `${name}.cdx.json`))
    const megabytes = (statSync(target).size / 1e6).toFixed(1)
    process.stdout.write(`${relative(process.cwd(), target)} (${megabytes} MB)\n`)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

async function compress({ stage, target, compression, epoch }) {
  // More threads would cut the stream into blocks by how many there are.
  const argv = [
    '--root-owner-group',
    '--threads-max=1',
    `-Z${compression}`,
    '--build',
    stage,
    target,
  ]
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) }
  const { code, output } = await run('dpkg-deb', argv, { env })
  if (code !== 0) {
    throw new SetupError(`dpkg-deb failed:\n${lastLines(output)}`, 'is there room on the disk?')
  }
}

await orExplain(() => packageAll(readOptions()))
