/** A disk of its own that can be had to fail: ext4 on a loop device, which goes read-only at the first fault. */
import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const MEGABYTES = 160

export interface FailingDisk {
  /** Where it is mounted. */
  readonly folder: string
  /** Has the kernel meet a fault: nothing can be written from then on. */
  fail(): void
  remove(): Promise<void>
}

/** Mounts the disk; null where this kernel has no loop device to spare. Needs root. */
export async function failingDisk(): Promise<FailingDisk | null> {
  const home = await mkdtemp(join(tmpdir(), 'pk-failing-'))
  const [image, folder] = [join(home, 'image'), join(home, 'disk')]
  await mkdir(folder)
  writeFileSync(image, '')
  truncateSync(image, MEGABYTES * 1024 * 1024)
  execFileSync('mkfs.ext4', ['-q', image])
  let device: string
  try {
    device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  } catch {
    await rm(home, { recursive: true })
    return null
  }
  execFileSync('mount', ['-o', 'errors=remount-ro', device, folder])
  return {
    folder,
    fail: () => writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1'),
    async remove() {
      execFileSync('umount', ['-l', folder])
      execFileSync('losetup', ['-d', device])
      await rm(home, { recursive: true })
    },
  }
}
