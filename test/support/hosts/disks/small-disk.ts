/** A disk of its own, small enough to be filled: a tmpfs, which needs root like the rest of what is tested here. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const MEGABYTE = 1024 * 1024

export interface SmallDisk {
  /** Where it is mounted. */
  readonly folder: string
  /** Bytes that are free. */
  free(): number
  /** Has somebody else take all but so many bytes. */
  fillTo(freeBytes: number): void
  /** Has them give it back. */
  clear(): void
}

/** Mounts a disk of so many megabytes; it is gone when the test is over. */
export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'pk-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder])
  onTestFinished(async () => {
    execFileSync('umount', ['-l', folder])
    await rmdir(folder)
  })
  const filler = join(folder, 'of-others')
  const free = (): number => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  }
  return {
    folder,
    free,
    fillTo(freeBytes) {
      const file = openSync(filler, 'a')
      const chunk = Buffer.alloc(MEGABYTE, 1)
      for (let left = free() - freeBytes; left > 0; left = free() - freeBytes) {
        writeSync(file, chunk, 0, Math.min(left, MEGABYTE))
      }
      closeSync(file)
    },
    clear: () => rmSync(filler),
  }
}
