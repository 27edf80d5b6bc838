/** What makes two packages of the same sources the same bytes: one time for everything, set modes. */
import { chmodSync, lstatSync, lutimesSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../setup/ground.mjs'

/** Seconds since the epoch: SOURCE_DATE_EPOCH, else the last commit's time, else package.json's. */
export async function sourceDate(root) {
  const given = process.env.SOURCE_DATE_EPOCH
  if (/^\d+$/.test(given ?? '')) return Number(given)
  const { code, output } = await run('git', ['-C', root, 'log', '-1', '--format=%ct'])
  if (code === 0 && /^\d+$/.test(output.trim())) return Number(output.trim())
  return Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)
}

/** Gives every file and folder the same time, and a mode that does not hang on who builds. */
export function stampAll(path, epoch) {
  const found = lstatSync(path)
  if (found.isDirectory()) {
    for (const name of readdirSync(path)) stampAll(join(path, name), epoch)
    chmodSync(path, 0o755)
  } else if (found.isFile()) {
    chmodSync(path, found.mode & 0o100 ? 0o755 : 0o644)
  }
  lutimesSync(path, epoch, epoch)
}
