/**
 * Programs of the tests that can't be installed beside another one: Debian's syslog-ng removes rsyslog. Their
 * packages are unpacked into a folder under node_modules, and nothing of the system is touched.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, lastLines, run, SetupError, step } from './ground.mjs'

/** syslog-ng and the libraries of it that a small machine lacks. */
const packages = [
  'syslog-ng-core',
  'libivykis0',
  'libnet1',
  'libwrap0',
  'libpcre3',
  'libjson-c5',
  'libglib2.0-0',
]

/** Unpacks syslog-ng where it is not yet there. Errors: SetupError where it can't be had. */
export async function unpackSyslogNg(root) {
  const folder = join(root, 'node_modules/.picket/syslog-ng')
  if (existsSync(join(folder, 'usr/sbin/syslog-ng'))) return
  if (!isInstalled('apt-get') || !isInstalled('dpkg')) {
    const hint = 'the tests need a Debian or a distribution that is made of it'
    throw new SetupError('syslog-ng can only be unpacked from a Debian package', hint)
  }
  await step('unpacking syslog-ng for the tests', async () => {
    const downloads = join(folder, 'downloads')
    mkdirSync(downloads, { recursive: true })
    await download(downloads)
    for (const file of readdirSync(downloads)) {
      const argv = ['-x', join(downloads, file), folder]
      const { code, output } = await run('dpkg', argv)
      if (code !== 0) throw failure(`dpkg can't unpack ${file}`, output)
    }
    rmSync(downloads, { recursive: true })
  })
}

async function download(folder) {
  const downloading = async () => await run('apt-get', ['download', ...packages], { cwd: folder })
  if ((await downloading()).code === 0) return
  await run('apt-get', ['update'])
  const { code, output } = await downloading()
  if (code !== 0) throw failure(`apt-get could not download ${packages.join(', ')}`, output)
}

function failure(what, output) {
  const hint = 'is the package mirror within reach (`apt-get update`)?'
  return new SetupError(`${what}:\n${lastLines(output)}`, hint)
}
