/** The ballast: a file that is thrown overboard when the disk is full, since then even DELETE needs room. */
import { closeSync, lstatSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { randomFillSync } from 'node:crypto'
import { dirname, join } from 'node:path'
import { openPrivateFile } from '../../sqlite/private-file.ts'
import { meansFull } from './means-full.ts'

/** Written a little at a time: an event may wait behind it. */
const STEP_BYTES = 4 * 1024 * 1024

export class Ballast {
  readonly #path: string
  readonly #bytes: number

  /** Beside the database at `database`; `bytes`: what it is to hold. */
  constructor(database: string, bytes: number) {
    this.#path = join(dirname(database), 'picket.ballast')
    this.#bytes = bytes
  }

  /** How much room it holds now. */
  get held(): number {
    const found = lstatSync(this.#path, { throwIfNoEntry: false })
    return found?.isFile() === true ? found.size : 0
  }

  get isWhole(): boolean {
    return this.held >= this.#bytes
  }

  /** Adds a step to it. A disk that has no room for it is no error: it is tried again later. */
  grow(): void {
    const held = this.held
    const step = Buffer.allocUnsafe(Math.min(STEP_BYTES, this.#bytes - held))
    // Random, since some file systems keep zeros without taking room.
    randomFillSync(step)
    try {
      // Whatever else lies there is none of ours.
      if (held === 0) rmSync(this.#path, { force: true })
      const file = openPrivateFile(this.#path)
      try {
        writeSync(file, step)
      } finally {
        closeSync(file)
      }
    } catch (cause) {
      if (!meansFull(cause)) throw cause
      this.release()
    }
  }

  /** Gives its room back; says whether there was any. */
  release(): boolean {
    const wasHeld = this.held > 0
    if (wasHeld) unlinkSync(this.#path)
    return wasHeld
  }
}

/** Runs `work`; once more, with the room of the ballast beside the database, when the disk refused it. */
export function withBallast<Result>(database: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!meansFull(cause) || !new Ballast(database, 0).release()) throw cause
    return work()
  }
}
