/**
 * The processes of this host as they come and go, kept after their end for as long as a flow of theirs may
 * still arrive.
 *
 * A process that is gone before /proc was read is not lost: the kernel told of its birth and of the program
 * it became, and user and control group are its parent's unless it changed them.
 */
import { statSync } from 'node:fs'
import type { CgroupPlace } from './cgroup.ts'
import { readProcFacts, type ProcFacts } from './proc-facts.ts'

/** Ended processes that are remembered; their connections hold on to them longer. */
const MOST_ENDED = 16_384
/** Beyond so many, living ones included, the eldest is forgotten. */
const MOST_PROCESSES = 131_072
const LONGEST_COMMAND = 15

/** What a child has of its parent, as far as it is not known to have changed it; null: unknown. */
interface Heritage extends Pick<ProcFacts, 'unit' | 'container' | 'executable'> {
  readonly uid: number | null
}
const NOTHING_INHERITED: Heritage = { uid: null, unit: null, container: null, executable: null }

/** One process; the object stays the same from birth to end, so that connections can point to it. */
export interface ProcessRecord {
  readonly pid: number
  readonly parentPid: number | null
  /** Null for one that runs since before anybody watched. */
  readonly bornUs: number | null
  command: string
  /** The path that was executed, as it was told; null when the process runs its parent's program. */
  executed: string | null
  /** Read from /proc; null when that came too late, or has not been tried. */
  facts: ProcFacts | null
  heritage: Heritage | null
  hasEnded: boolean
}

/** Who a process is, as far as it is known. */
export interface Identity extends Pick<ProcFacts, 'unit' | 'container'> {
  readonly uid: number | null
  readonly executable: string | null
  readonly command: string
  /** 1 when read from /proc, less when put together from what the kernel told and the parent. */
  readonly certainty: number
}

/** What the kernel tells of a birth. */
export interface Birth {
  /** The parent's thread. */
  readonly tid: number
  readonly childTid: number
  readonly isThread: boolean
  /** Born into another control group than its parent's. */
  readonly isMoved: boolean
  readonly command: string
}

export class ProcessTable {
  /** Whether `userChanged` is told; if not, children of root's may be anybody's. */
  seesChangesOfUser = false
  readonly #records = new Map<number, ProcessRecord>()
  readonly #ended: ProcessRecord[] = []
  readonly #readFacts: (pid: number) => ProcFacts | null
  #forgotten = 0
  #readTooLate = 0

  /** `readFacts` is /proc, unless a test has its own. */
  constructor(readFacts = readProcFacts) {
    this.#readFacts = readFacts
  }

  get size(): number {
    return this.#records.size
  }

  /** Processes forgotten to make room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Processes that were gone when /proc was read, so that the kernel's telling had to do. */
  get readTooLate(): number {
    return this.#readTooLate
  }

  /** A thread or a process was born of `parentTid`. */
  forked(birth: Birth, atUs: number): void {
    const { tid: parentTid, childTid: tid, isThread, command } = birth
    const parent = this.#records.get(parentTid)
    if (isThread) {
      // The thread of an unknown process is read when it does something.
      if (parent !== undefined) this.#keep(tid, parent)
      else this.#records.delete(tid)
      return
    }
    this.#keep(tid, {
      ...{ pid: tid, parentPid: parent?.pid ?? parentTid, bornUs: atUs, command },
      ...{ executed: null, facts: null, heritage: parent ? this.#left(parent) : null },
      hasEnded: false,
    })
    if (birth.isMoved) this.moved(tid, null)
  }

  /** A process became another program. */
  executed(pid: number, path: string): ProcessRecord {
    const record = this.#records.get(pid) ?? this.#keep(pid, unknownRecord(pid, ''))
    record.heritage = heritageOf(record)
    record.facts = null
    record.executed = path
    record.command = path.slice(path.lastIndexOf('/') + 1).slice(0, LONGEST_COMMAND)
    return record
  }

  /** A process may have become another user; who that is, only /proc tells. */
  userChanged(tid: number): void {
    const record = this.#records.get(tid)
    if (record === undefined) return
    record.heritage = { ...(heritageOf(record) ?? NOTHING_INHERITED), uid: null }
    record.facts = null
  }

  /** A process was put into another control group; null when only that much is known. */
  moved(pid: number, place: CgroupPlace | null): void {
    const record = this.#records.get(pid)
    if (record === undefined) return
    const { unit = null, container = null } = place ?? {}
    record.heritage = { ...(heritageOf(record) ?? NOTHING_INHERITED), unit, container }
    record.facts = null
  }

  /** A thread or a process ended; `command` is its name at the end. */
  ended(tid: number, command: string): void {
    const record = this.#records.get(tid)
    if (record === undefined) return
    if (record.pid !== tid) {
      this.#records.delete(tid)
      return
    }
    record.hasEnded = true
    if (record.facts === null) record.command = command
    this.#ended.push(record)
    if (this.#ended.length > MOST_ENDED) this.#forget(this.#ended.shift()!)
  }

  /** Gives the process of a thread that was seen to do something; makes one it has not heard of. */
  seen(tid: number): ProcessRecord {
    const known = this.#records.get(tid)
    if (known !== undefined) return known
    const facts = this.#readFacts(tid)
    const pid = facts?.pid ?? tid
    const leader = this.#records.get(pid) ?? this.#keep(pid, unknownRecord(pid, ''))
    if (facts !== null && leader.facts === null) this.#learn(leader, facts)
    if (pid !== tid) this.#keep(tid, leader)
    return leader
  }

  /** Gives the process that runs under this number now, read anew when the number was used again. */
  running(pid: number): ProcessRecord | null {
    const facts = this.#readFacts(pid)
    if (facts === null) return null
    const known = this.#records.get(facts.pid)
    const isSame =
      known !== undefined &&
      !known.hasEnded &&
      (known.facts === null || known.facts.startTicks === facts.startTicks)
    const record = isSame ? known : this.#keep(facts.pid, unknownRecord(facts.pid, facts.command))
    this.#learn(record, facts)
    return record
  }

  /** Reads what /proc tells of it, if that has not been done since it last became another program. */
  read(record: ProcessRecord): void {
    if (record.facts !== null || this.#records.get(record.pid) !== record) return
    const facts = record.hasEnded ? null : this.#readFacts(record.pid)
    if (facts !== null) this.#learn(record, facts)
    else this.#inherit(record)
  }

  #learn(record: ProcessRecord, facts: ProcFacts): void {
    record.facts = facts
    record.command = facts.command
  }

  /** It was gone too soon; its parent, as a rule, waits for it. */
  #inherit(record: ProcessRecord): void {
    this.#readTooLate += 1
    this.#inheritFromParent(record)
    const uid = record.executed?.startsWith('/') ? setUserId(record.executed) : null
    if (uid !== null) record.heritage = { ...(record.heritage ?? NOTHING_INHERITED), uid }
  }

  #inheritFromParent(record: ProcessRecord): void {
    if (record.heritage !== null || record.parentPid === null) return
    const parent = this.#records.get(record.parentPid) ?? this.running(record.parentPid)
    if (parent === null || isYounger(parent, record)) return
    if (parent.facts === null && !parent.hasEnded) {
      const facts = this.#readFacts(parent.pid)
      if (facts !== null) this.#learn(parent, facts)
    }
    record.heritage = this.#left(parent)
  }

  /** What a parent leaves its child; root's children may have become anybody, if nobody tells. */
  #left(parent: ProcessRecord): Heritage | null {
    const heritage = heritageOf(parent)
    if (heritage === null || this.seesChangesOfUser || heritage.uid !== 0) return heritage
    return { ...heritage, uid: null }
  }

  #keep(tid: number, record: ProcessRecord): ProcessRecord {
    this.#records.delete(tid)
    this.#records.set(tid, record)
    if (this.#records.size > MOST_PROCESSES) {
      const [eldest] = this.#records.keys()
      this.#records.delete(eldest!)
      this.#forgotten += 1
    }
    return record
  }

  #forget(record: ProcessRecord): void {
    if (this.#records.get(record.pid) === record) this.#records.delete(record.pid)
  }
}

/** Says who the process is: by /proc, else by what the kernel told and what its parent was. */
export function identityOf(record: ProcessRecord): Identity {
  const { facts, heritage, command, executed } = record
  // A relative path says nothing without the folder it was relative to.
  const told = executed?.startsWith('/') ? executed : null
  if (facts !== null) {
    const { uid, unit, container } = facts
    // A process that is about to end has no program any more.
    const executable = facts.executable ?? told
    return { uid, unit, container, executable, command, certainty: 1 }
  }
  return {
    ...{ uid: heritage?.uid ?? null, unit: heritage?.unit ?? null },
    container: heritage?.container ?? null,
    executable: executed === null ? (heritage?.executable ?? null) : told,
    command,
    certainty: heritage === null ? 0.8 : 0.95,
  }
}

/** The kernel's own threads appear where packets are handled; none of them owns a connection. */
export function isKernelThread({ pid, parentPid, facts }: ProcessRecord): boolean {
  const parent = facts?.parentPid ?? parentPid
  const isOfKernel = pid === KTHREADD || parent === KTHREADD
  return pid === 0 || (isOfKernel && (facts === null || facts.executable === null))
}

/** The process number of the parent of all kernel threads, on every Linux. */
const KTHREADD = 2

function heritageOf({ facts, heritage, executed }: ProcessRecord): Heritage | null {
  const known = facts ?? heritage
  if (known === null) return null
  const { uid, unit, container } = known
  const path = executed?.startsWith('/') ? executed : null
  const executable = facts?.executable ?? (executed === null ? known.executable : path)
  return { uid, unit, container, executable }
}

const S_ISUID = 0o4000

/** Gives the user that everybody becomes who runs the program; null for all but a few programs. */
function setUserId(path: string): number | null {
  try {
    const { mode, uid } = statSync(path)
    return (mode & S_ISUID) === 0 ? null : uid
  } catch {
    // Gone, or of another mount namespace.
    return null
  }
}

const isYounger = (parent: ProcessRecord, child: ProcessRecord): boolean =>
  parent.bornUs !== null && child.bornUs !== null && parent.bornUs > child.bornUs

const unknownRecord = (pid: number, command: string): ProcessRecord => ({
  ...{ pid, parentPid: null, bornUs: null, command },
  ...{ executed: null, facts: null, heritage: null, hasEnded: false },
})
