/** A file of whole lines that survives crashes, full disks and logrotate, and rotates itself. */
import { open, stat, type FileHandle } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { rotate } from './rotation.ts'

/** Readable for the group (the shipper's), for nobody else: events name users and hosts. */
const MODE = 0o640
const NEWLINE = 0x0a
const TAIL_BLOCK = 65_536
const MEGABYTE = 1_000_000
const HOUR_MS = 3_600_000

export interface LineFileOptions {
  readonly path: string
  readonly maxMegabytes: number
  readonly maxAgeHours: number
  readonly keep: number
}

/**
 * Appends batches of lines.
 *
 * Who renames or removes the file (logrotate) needs to tell nobody: the next batch begins a new one. What a
 * crash or a full disk left of a line is cut off before anything is written behind it.
 */
export class LineFile {
  readonly #options: LineFileOptions
  #handle: FileHandle | null = null
  #inode = 0

  constructor(options: LineFileOptions) {
    this.#options = options
  }

  /** Writes whole lines, all or none, and waits until the disk has them. Throws with path and reason. */
  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines, 'utf8')
    try {
      const { handle, size } = await this.#readyFor(bytes.length)
      await appendAll(handle, bytes, size)
    } catch (cause) {
      await this.close()
      throw inWords(this.#options.path, cause)
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }

  async #readyFor(length: number): Promise<{ handle: FileHandle; size: number }> {
    const { path, keep } = this.#options
    const found = await statOrNull(path)
    if (found !== null && !found.isFile()) throw new Error('it is not a regular file')
    if (found !== null && this.#isDue(found, length)) {
      await this.close()
      await rotate(path, keep)
    }
    if (this.#handle !== null && found?.ino !== this.#inode) await this.close()
    this.#handle ??= await this.#open()
    return { handle: this.#handle, size: (await this.#handle.stat()).size }
  }

  #isDue({ size, birthtimeMs, mtimeMs }: Stats, length: number): boolean {
    if (size === 0) return false
    const { maxMegabytes, maxAgeHours } = this.#options
    // Not every file system knows when a file was made.
    const madeMs = birthtimeMs > 0 ? birthtimeMs : mtimeMs
    return size + length > maxMegabytes * MEGABYTE || Date.now() - madeMs > maxAgeHours * HOUR_MS
  }

  async #open(): Promise<FileHandle> {
    const { path } = this.#options
    const handle = (await created(path)) ?? (await open(path, 'a+'))
    try {
      await cutHalfLine(handle)
      this.#inode = (await handle.stat()).ino
      return handle
    } catch (cause) {
      await handle.close()
      throw cause
    }
  }
}

/** Makes the file and its name durable; null when it is there already (its mode is then its owner's choice). */
async function created(path: string): Promise<FileHandle | null> {
  let handle: FileHandle
  try {
    handle = await open(path, 'ax+', MODE)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return null
    throw cause
  }
  await handle.chmod(MODE)
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
  return handle
}

async function appendAll(handle: FileHandle, bytes: Buffer, size: number): Promise<void> {
  try {
    let written = 0
    while (written < bytes.length) {
      written += (await handle.write(bytes, written)).bytesWritten
    }
    await handle.datasync()
  } catch (cause) {
    // If this fails too, the next opening cuts what is left.
    await handle.truncate(size).catch(() => undefined)
    throw cause
  }
}

async function cutHalfLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat()
  const block = Buffer.alloc(TAIL_BLOCK)
  for (let end = size; end > 0; end -= TAIL_BLOCK) {
    const start = Math.max(0, end - TAIL_BLOCK)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    const newline = block.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    if (newline < 0) continue
    if (start + newline + 1 < size) await handle.truncate(start + newline + 1)
    return
  }
  if (size > 0) await handle.truncate(0)
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw cause
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'its disk is read-only',
  EACCES: 'this is not permitted',
  ENOENT: 'its folder does not exist',
}

function inWords(path: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause)
  const words = WORDS[codeOf(cause) ?? '']
  return new Error(
    `cannot write ${path}: ${words === undefined ? message : `${words} (${message})`}`,
  )
}

const codeOf = (cause: unknown): string | undefined => (cause as { code?: string }).code
