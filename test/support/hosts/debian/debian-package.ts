/** Builds the Debian package for tests: not compressed, since that takes most of the time. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

/** Builds into `folder` and gives the package's path. */
export function buildPackage(folder: string, ...options: string[]): string {
  const script = packagedFile('deploy/deb/build.mjs')
  const argv = [script, '--compression', 'none', '--output', folder, ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return join(folder, /(picket_\S+\.deb)/.exec(stdout)![1]!)
}
