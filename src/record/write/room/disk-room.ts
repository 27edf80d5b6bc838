/**
 * How much room the disk has, and what is still written when it runs out: what matters least goes first.
 *
 * What is deleted leaves pages that are filled again, and is given back to the disk by and by. So a disk that is nearly full
 * forbids growing, not writing: rows that fit into freed pages are still taken.
 */
import { statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sqliteCode, type Connection } from '../../sqlite/connection.ts'
import { SHED_LEVELS, type RecordRoom, type ShedLevel } from '../../record-room.ts'
import { Ballast } from './ballast.ts'

/** In a second flows of tens of megabytes can be written: half a megabyte between two looks. */
const LOOK_EVERY_MS = 10
/** What must be free before a level is left again, as a multiple of what it was entered by. */
const RETURN_AT = 1.1
/** A write of flows and what it drags along fits into so much. */
const SPARE_BYTES = 4 * 1024 * 1024
/** Pages in the WAL before it is folded in: few where the disk is nearly full. */
const CHECKPOINT_PAGES = { roomy: 20_000, tight: 200 }
/** Of the floor. */
const BALLAST_SHARE = 1 / 8

export class DiskRoom {
  readonly #connection: Connection
  readonly #directory: string
  readonly #floorBytes: number
  readonly #ballast: Ballast
  #lookedAtMs = -Infinity
  #freeBytes = Infinity
  #level: ShedLevel = 'nothing'

  constructor(connection: Connection, floorBytes: number) {
    this.#connection = connection
    this.#directory = dirname(connection.name)
    this.#floorBytes = floorBytes
    const path = join(this.#directory, 'picket.ballast')
    this.#ballast = new Ballast(path, Math.floor(floorBytes * BALLAST_SHARE))
  }

  /** Says whether rows of this worth are written now. */
  takes(worth: Exclude<ShedLevel, 'nothing'>): boolean {
    this.#look()
    if (SHED_LEVELS.indexOf(this.#level) < SHED_LEVELS.indexOf(worth)) return true
    return this.spareBytes >= SPARE_BYTES
  }

  /** Whether the file must not grow. */
  get isTight(): boolean {
    this.#look()
    return this.#level !== 'nothing'
  }

  /** What the freed pages of the file hold. */
  get spareBytes(): number {
    return this.#pragma('freelist_count') * this.#pragma('page_size')
  }

  /** What the rows take, freed pages not counted. */
  get usedBytes(): number {
    return this.#pragma('page_count') * this.#pragma('page_size') - this.spareBytes
  }

  /** Looks again, and makes the ballast where there is room for it, a step at each call. */
  tend(): RecordRoom {
    this.#lookedAtMs = -Infinity
    this.#look()
    if (!this.#ballast.isWhole && this.#freeBytes > this.#floorBytes * 2) this.#ballast.grow()
    const { spareBytes, usedBytes } = this
    return { freeBytes: this.#freeBytes, usedBytes, spareBytes, shed: this.#level }
  }

  /** Runs `work`; once more, with the room of the ballast and of the WAL, when the disk refused it. */
  withLastRoom<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      if (!meansFull(cause)) throw cause
      this.#ballast.release()
      this.#lookedAtMs = -Infinity
      this.#checkpoint()
      return work()
    }
  }

  #look(): void {
    const nowMs = performance.now()
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = nowMs
    const { bavail, bsize } = statfsSync(this.#directory)
    this.#freeBytes = Math.max(0, bavail * bsize - this.#owedBytes)
    const level = this.#levelNow()
    if (level === this.#level) return
    const wasTight = this.#level !== 'nothing'
    this.#level = level
    if (wasTight !== (level !== 'nothing')) this.#adaptCheckpoints(level !== 'nothing')
  }

  /** What the file grows by when the WAL is folded in, which still takes its own room then. */
  get #owedBytes(): number {
    const { name } = this.#connection
    const pages = this.#pragma('page_count') * this.#pragma('page_size')
    return Math.max(0, pages - (statSync(name, { throwIfNoEntry: false })?.size ?? 0))
  }

  #levelNow(): ShedLevel {
    const known = SHED_LEVELS.indexOf(this.#level)
    // Each level begins at half of what the one before did: the floor, its half, its quarter.
    const begins = (level: number): number => this.#floorBytes / 2 ** (level - 1)
    let level = SHED_LEVELS.length - 1
    while (level > 0) {
      const bound = begins(level) * (level <= known ? RETURN_AT : 1)
      if (this.#freeBytes < bound) break
      level -= 1
    }
    return SHED_LEVELS[level]!
  }

  #adaptCheckpoints(isTight: boolean): void {
    const pages = isTight ? CHECKPOINT_PAGES.tight : CHECKPOINT_PAGES.roomy
    this.#connection.pragma(`wal_autocheckpoint = ${pages}`)
    if (isTight) this.#checkpoint()
  }

  /** Folds the WAL in and cuts it; a reader or a full disk may keep it from that, which the next one mends. */
  #checkpoint(): void {
    try {
      this.#connection.pragma('wal_checkpoint(TRUNCATE)')
    } catch (cause) {
      if (sqliteCode(cause) === null) throw cause
    }
  }

  #pragma(name: string): number {
    return this.#connection.pragma(name, { simple: true }) as number
  }
}

/** Says whether a write failed for want of room; SQLite tells some of these as input/output errors. */
function meansFull(cause: unknown): boolean {
  const code = sqliteCode(cause)
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE' || code === 'SQLITE_IOERR_SHMSIZE'
}
