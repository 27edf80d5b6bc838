/** The database as the writer has it open: found sound at the start, or begun anew in the place of one that is not. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { openError, openWriter, type Connection } from '../sqlite/connection.ts'
import {
  closeQuietly,
  setAside,
  setAsideIfDamaged,
  takeGuard,
  wasGuarded,
  type DamagedFile,
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
  const { path, nowMs } = settings
  try {
    const isGone = wasGuarded(path) && !existsSync(path)
    const guard = takeGuard(path)
    const found = isGone ? { path: null, damage: 'its file is gone' } : null
    const damaged =
      guard === null ? null : (found ?? withBallast(path, () => setAsideIfDamaged(path, nowMs)))
    return withBallast(path, () => opened(settings, { guard, damaged, generation: 0 }))
  } catch (cause) {
    throw openError(path, cause)
  }
}

/** Begins it anew while the agent runs, with what can be read of it; null where the one before is better than none. */
export function openAnew(before: Opened, cause: unknown): Opened | null {
  const settings = { ...before.settings, nowMs: Date.now() }
  const generation = before.findings.generation + 1
  const reason = cause instanceof Error ? cause.message : String(cause)
  const { path, nowMs } = settings
  if (cause instanceof FileGone) {
    const told = replaceFile(before, nowMs, reason)
    if (told === null) return null
    const guard = wasGuarded(path) ? before.guard : takeGuard(path)
    return opened(settings, { guard, damaged: null, generation, told: [told] })
  }
  const agentId = agentIdOf(before.connection)
  closeQuietly(before.connection)
  const damaged = setAside(path, reason, nowMs)
  const found = { guard: before.guard, damaged, generation }
  return opened(settings, { ...found, ...(agentId === null ? {} : { agentId }) })
}

interface Found {
  readonly guard: Guard | null
  readonly damaged: DamagedFile | null
  readonly generation: number
  readonly agentId?: string
  /** What is to be said besides. */
  readonly told?: readonly string[]
}

function opened(settings: WriterSettings, found: Found): Opened {
  const { path, nowMs, floorBytes } = settings
  const { guard, damaged, generation, agentId, told: before = [] } = found
  const connection = openMigrated(path, nowMs)
  makeShrinkable(connection)
  const anew = { nowMs, floorBytes, ...(agentId === undefined ? {} : { agentId }) }
  const told = damaged === null ? before : [...before, beginAnew(connection, damaged, anew)]
  const room = new DiskRoom(connection, floorBytes)
  const findings = { generation, told }
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
 * Under another name until the old connection is closed: that removes the write-ahead log by its name, whosever it is.
 * Null where it cannot be written: the old connection, nameless as its file is, goes on holding everything.
 */
function replaceFile(before: Opened, nowMs: number, damage: string): string | null {
  const { path } = before.settings
  const anew = `${path}.anew`
  let told: string
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const damaged = existsSync(path) ? setAside(path, damage, nowMs) : { path: null, damage }
    told = copyInto(anew, before, damaged, nowMs)
  } catch (cause) {
    if ((cause as { code?: unknown }).code === undefined) throw cause
    return null
  }
  closeQuietly(before.connection)
  renameSync(anew, path)
  return told
}

function copyInto(
  anew: string,
  { settings, connection }: Opened,
  damaged: DamagedFile,
  nowMs: number,
): string {
  for (const part of ['', '-wal', '-shm']) rmSync(anew + part, { force: true })
  const into = openMigrated(anew, nowMs)
  try {
    const { floorBytes } = settings
    return beginAnew(into, damaged, { nowMs, floorBytes, still: connection })
  } finally {
    into.close()
  }
}
