/**
 * How much room the disk has, and what is still written when it runs out: what matters least goes first.
 *
 * What is deleted leaves pages that are filled again, and is given back to the disk by and by. So a disk that is nearly full
 * forbids growing, not writing: rows that fit into freed pages are still taken.
 */
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { sqliteCode, type Connection } from '../../sqlite/connection.ts'
import { SHED_LEVELS, type RecordRoom, type ShedLevel } from '../../record-room.ts'
import { Ballast } from './ballast.ts'
import { meansFull } from './means-full.ts'
import { Reserve } from './reserve.ts'

/** In a second flows of tens of megabytes can be written: half a megabyte between two looks. */
const LOOK_EVERY_MS = 10
/** What must be free before a level is left again, as a multiple of what it was entered by. */
const RETURN_AT = 1.1
/** A write of flows and what it drags along fits into so much. */
const SPARE_BYTES = 4 * 1024 * 1024
/** Pages in the WAL before it is folded in: few where the disk is nearly full. */
const CHECKPOINT_PAGES = { roomy: 20_000, tight: 200 }
/** What the WAL's file keeps when it is begun anew: what it gave back to a full disk it would never get again. */
const WAL_BYTES_KEPT = { roomy: 128 * 1024 * 1024, tight: 2 * 1024 * 1024 }
/** As a multiple of the floor: from here on the disk may be full before 80 MB of WAL are folded in. */
const FOLD_IN_BELOW = 4
/** Of the floor. */
const BALLAST_SHARE = 1 / 8
const RESERVE_SHARE = 1 / 32

export class DiskRoom {
  readonly #connection: Connection
  readonly #directory: string
  readonly #floorBytes: number
  readonly #ballast: Ballast
  readonly #reserve: Reserve
  #lookedAtMs = -Infinity
  #freeBytes = Infinity
  #level: ShedLevel = 'nothing'
  /** As the connection was opened. */
  #checkpoints: keyof typeof CHECKPOINT_PAGES = 'roomy'

  constructor(connection: Connection, floorBytes: number) {
    this.#connection = connection
    this.#directory = dirname(connection.name)
    this.#floorBytes = floorBytes
    this.#ballast = new Ballast(connection.name, Math.floor(floorBytes * BALLAST_SHARE))
    this.#reserve = new Reserve(connection, Math.floor(floorBytes * RESERVE_SHARE))
  }

  /** Says whether rows of this worth are written now. */
  takes(worth: Exclude<ShedLevel, 'nothing'>): boolean {
    this.heed()
    if (SHED_LEVELS.indexOf(this.#level) < SHED_LEVELS.indexOf(worth)) return true
    // What the reserve has left is for events.
    return this.spareBytes - this.#reserve.missingBytes >= SPARE_BYTES
  }

  /** Whether the file must not grow. */
  get isTight(): boolean {
    this.heed()
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

  /** Looks again, and makes ballast and reserve where there is room for them, a step at each call. */
  tend(): RecordRoom {
    this.#lookedAtMs = -Infinity
    this.heed()
    if (this.#freeBytes > this.#floorBytes * 2) {
      if (!this.#ballast.isWhole) this.#ballast.grow()
      if (this.#reserve.grow(WAL_BYTES_KEPT.tight)) this.#foldIn()
    }
    // What is folded in has its room, whoever fills the disk before the next look.
    const isNear = this.#freeBytes < this.#floorBytes * FOLD_IN_BELOW
    if (isNear && this.#owedBytes > 0) this.#foldIn()
    const { spareBytes, usedBytes } = this
    return { freeBytes: this.#freeBytes, usedBytes, spareBytes, shed: this.#level }
  }

  /** Runs `work`; once more, with the room of ballast, WAL and reserve, when the disk refused it. */
  withLastRoom<Result>(work: () => Result): Result {
    this.heed()
    try {
      return work()
    } catch (cause) {
      if (!meansFull(cause)) throw cause
      this.#makeLastRoom()
      return work()
    }
  }

  /** Others may take what the ballast gives up before we do; what the file itself holds they cannot. */
  #makeLastRoom(): void {
    this.#ballast.release()
    this.#lookedAtMs = -Infinity
    this.heed()
    this.#foldIn()
    this.#reserve.release()
  }

  /**
   * Looks at the disk, if that is due, and adapts to it. Within a transaction nothing can be folded in, so call it
   * before one.
   */
  heed(): void {
    this.#measure()
    if (this.#connection.inTransaction) return
    this.#adaptCheckpoints()
    // Before it is needed: what events had the file grow by could not be folded in on a full disk.
    if (this.#level === SHED_LEVELS.at(-1)) this.#reserve.release()
  }

  #measure(): void {
    const nowMs = performance.now()
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = nowMs
    this.#freeBytes = this.#measuredBytes ?? this.#freeBytes
    this.#level = this.#levelNow()
  }

  /** Null where the folder is gone, or something else in its place: the open file goes on all the same. */
  get #measuredBytes(): number | null {
    try {
      const { bavail, bsize } = statfsSync(this.#directory)
      return Math.max(0, bavail * bsize - this.#owedBytes)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
      return null
    }
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

  #adaptCheckpoints(): void {
    const mode = this.#level === 'nothing' ? 'roomy' : 'tight'
    if (mode === this.#checkpoints) return
    this.#checkpoints = mode
    this.#connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES[mode]}`)
    this.#connection.pragma(`journal_size_limit = ${WAL_BYTES_KEPT[mode]}`)
    if (mode === 'tight') this.#foldIn()
  }

  /**
   * Folds the WAL in and begins it anew, cut to what it keeps; a reader or a full disk may keep it from that, which the
   * next one mends. Never waits for a reader.
   */
  #foldIn(): void {
    try {
      this.#connection.pragma('wal_checkpoint(PASSIVE)')
      // The next write is what cuts it.
      this.#reserve.touch()
    } catch (cause) {
      if (sqliteCode(cause) === null) throw cause
    }
  }

  #pragma(name: string): number {
    return this.#connection.pragma(name, { simple: true }) as number
  }
}
