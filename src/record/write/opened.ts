/** The database as the writer has it open: found sound at the start, or begun anew in the place of one that is not. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { openError, openWriter, type Connection } from '../sqlite/connection.ts'
import {
  asideOf,
  closeQuietly,
  findDamage,
  setAside,
  takeGuard,
  wasGuarded,
  type Guard,
} from '../sqlite/damage/integrity.ts'
import { FileGone, rememberFiles } from '../sqlite/damage/presence.ts'
import { agentIdOf, migrate, refuseForeign } from '../sqlite/migrate.ts'
import { makePrivateFile } from '../sqlite/private-file.ts'
import { makeShrinkable } from '../sqlite/shrinkable.ts'
import { beginAnew } from './begin-anew.ts'
import type { WriterFindings, WriterSettings } from './calls.ts'
import { withBallast } from './room/ballast.ts'
import { DiskRoom } from './room/disk-room.ts'

export interface Opened {
  readonly settings: WriterSettings
  readonly connection: Connection
  readonly guard: Guard | null
  readonly findings: WriterFindings
  readonly room: DiskRoom
  /** Errors: `FileGone`. */
  readonly assertThere: () => void
}

/**
 * Opens the database at the start; on a full disk with the room of the ballast, since nobody would watch the host else.
 *
 * Errors: `ERR_RECORD_OPEN`, `ERR_RECORD_LOCKED`.
 */
export function open(settings: WriterSettings): Opened {
  const { path } = settings
  try {
    const wasHere = wasGuarded(path)
    const guard = takeGuard(path)
    const told = guard === null ? [] : mendedAtStart(settings, wasHere)
    return withBallast(path, () => opened(settings, { guard, generation: 0, told }))
  } catch (cause) {
    throw openError(path, cause)
  }
}

/** Begins it anew where it has to be; says what was done. */
function mendedAtStart(settings: WriterSettings, wasHere: boolean): readonly string[] {
  const { path } = settings
  const finished = finishReplacing(settings)
  const isGone = wasHere && !existsSync(path)
  const damage = isGone ? 'its file is gone' : withBallast(path, () => findDamage(path))
  if (damage === null) return finished
  return [...finished, withBallast(path, () => replaceFile(settings, { damage }))]
}

/** Begins it anew while the agent runs, with what can be read of it; null where the one before is better than none. */
export function openAnew(before: Opened, cause: unknown): Opened | null {
  const settings = { ...before.settings, nowMs: Date.now() }
  const { path } = settings
  const generation = before.findings.generation + 1
  const damage = cause instanceof Error ? cause.message : String(cause)
  if (!(cause instanceof FileGone)) {
    const agentId = agentIdOf(before.connection) ?? undefined
    closeQuietly(before.connection)
    const told = [replaceFile(settings, { damage, agentId })]
    return opened(settings, { guard: before.guard, generation, told })
  }
  const told = replaceGone(settings, damage, before.connection)
  if (told === null) return null
  const guard = wasGuarded(path) ? before.guard : takeGuard(path)
  return opened(settings, { guard, generation, told: [told] })
}

interface Found extends WriterFindings {
  readonly guard: Guard | null
}

function opened(settings: WriterSettings, { guard, ...findings }: Found): Opened {
  const { path, nowMs, floorBytes } = settings
  const connection = openMigrated(path, nowMs)
  makeShrinkable(connection)
  const room = new DiskRoom(connection, floorBytes)
  return { settings, connection, guard, findings, room, assertThere: rememberFiles(path) }
}

function openMigrated(path: string, nowMs: number): Connection {
  // SQLite itself would make it for everybody to read, and root's for root; `-wal` and `-shm` get its mode and owner.
  makePrivateFile(path)
  let connection: Connection | undefined
  try {
    connection = openWriter(path)
    refuseForeign(connection, path)
    migrate(connection, nowMs)
    return connection
  } catch (cause) {
    closeQuietly(connection)
    throw cause
  }
}

/**
 * Writes the file anew out of what is still open, and sets aside what somebody put in its place; says so.
 *
 * Null where it cannot be written: the old connection, nameless as its file is, goes on holding everything.
 */
function replaceGone(settings: WriterSettings, damage: string, still: Connection): string | null {
  try {
    mkdirSync(dirname(settings.path), { recursive: true, mode: 0o700 })
    return replaceFile(settings, { damage, still })
  } catch (cause) {
    if ((cause as { code?: unknown }).code === undefined) throw cause
    return null
  }
}

interface Damage {
  readonly damage: string
  readonly agentId?: string | undefined
  /** The database, still open though its file is gone; it is closed. */
  readonly still?: Connection
}

/** What takes the place of a damaged database bears this name until it is whole. */
const anewOf = (path: string): string => `${path}.anew`

/**
 * Puts a new database in the place of a damaged one, with what can be read of that; says so.
 *
 * Whenever it is killed, the next start either finds the damaged one where it was, or the new one whole.
 */
function replaceFile(settings: WriterSettings, { damage, agentId, still }: Damage): string {
  const { path, nowMs, floorBytes } = settings
  const aside = asideOf(path, nowMs)
  const damaged = { path: existsSync(path) ? path : null, aside, damage }
  removeParts(anewOf(path))
  const into = openMigrated(anewOf(path), nowMs)
  let told: string
  try {
    told = beginAnew(into, damaged, { nowMs, floorBytes, agentId, still })
    // Only its file is renamed: nothing may be left in the write-ahead log.
    into.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    closeQuietly(into)
  }
  setAside(path, aside)
  // Between the two: closing removes the write-ahead log by its name, whosever it is.
  closeQuietly(still)
  renameSync(anewOf(path), path)
  return told
}

/** Goes on with what a kill kept from taking its place, and says so; half of one is written anew. */
function finishReplacing({ path, nowMs }: WriterSettings): readonly string[] {
  const anew = anewOf(path)
  const isWhole = existsSync(anew) && statSync(anew).size > 0 && !existsSync(`${anew}-wal`)
  if (!isWhole || existsSync(path)) {
    removeParts(anew)
    return []
  }
  // The damaged one's write-ahead log, where the kill came before that was set aside: it would be taken for its own.
  setAside(path, asideOf(path, nowMs))
  renameSync(anew, path)
  return [
    'the log was damaged and begun anew, which was cut short: the audit trail tells of it as record.salvaged',
  ]
}

function removeParts(path: string): void {
  for (const part of ['', '-wal', '-shm']) rmSync(path + part, { force: true })
}
