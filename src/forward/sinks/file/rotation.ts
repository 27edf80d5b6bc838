/** Rotation by renaming: FILE to FILE.1, FILE.1 to FILE.2, until the oldest falls off. */
import { rename, rm } from 'node:fs/promises'

/** Keeps `keep` old files; readers that follow a file by its inode lose nothing of those. */
export async function rotate(path: string, keep: number): Promise<void> {
  await rm(keep === 0 ? path : `${path}.${keep}`, { force: true })
  for (let number = keep - 1; number >= 1; number -= 1) {
    await renameIfThere(`${path}.${number}`, `${path}.${number + 1}`)
  }
  if (keep > 0) await renameIfThere(path, `${path}.1`)
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ENOENT') throw cause
  }
}
