/** What /proc tells of a process that still runs. */
import { readFileSync, readlinkSync } from 'node:fs'
import { placeOf, type CgroupPlace } from './cgroup.ts'

/** An executable's path is kept up to this length; PATH_MAX would let a process grow the record. */
const LONGEST_PATH = 1024

export interface ProcFacts extends CgroupPlace {
  /** The leader's process number: what a thread's number leads to. */
  readonly pid: number
  readonly parentPid: number
  /** Null for the kernel's own threads, and where the link may not be read. */
  readonly executable: string | null
  readonly command: string
  readonly uid: number
  /** Clock ticks since boot: with the number it names the process for good. */
  readonly startTicks: number
}

/**
 * Reads a process, or the process of a thread; null when it is gone or hidden.
 *
 * Cost: four small files, about 60 µs, synchronously: the process may be gone within the next millisecond.
 */
export function readProcFacts(pid: number): ProcFacts | null {
  const status = read(`/proc/${pid}/status`)
  const stat = read(`/proc/${pid}/stat`)
  if (status === null || stat === null) return null
  const numbers = statusNumbers(status)
  if (numbers === null) return null
  return {
    ...numbers,
    command: commandOf(stat),
    startTicks: startTicksOf(stat),
    executable: executableOf(pid),
    ...placeOf(read(`/proc/${pid}/cgroup`) ?? ''),
  }
}

/** Source: proc_pid_status(5); the effective user id counts. */
function statusNumbers(status: string): Pick<ProcFacts, 'pid' | 'parentPid' | 'uid'> | null {
  // The name stands in the first line, where its line breaks are escaped.
  const pid = /^Tgid:\s*(\d+)$/m.exec(status)?.[1]
  const parentPid = /^PPid:\s*(\d+)$/m.exec(status)?.[1]
  const uid = /^Uid:\s*\d+\s+(\d+)\s/m.exec(status)?.[1]
  if (pid === undefined || parentPid === undefined || uid === undefined) return null
  return { pid: Number(pid), parentPid: Number(parentPid), uid: Number(uid) }
}

/** Source: proc_pid_stat(5), field 2, which may itself hold spaces, brackets and line breaks. */
export function commandOf(stat: string): string {
  return stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
}

/** Source: proc_pid_stat(5), field 22. */
export function startTicksOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

function executableOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`).slice(0, LONGEST_PATH)
  } catch {
    // A kernel thread has none; another's needs CAP_SYS_PTRACE.
    return null
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Gone as we read, or hidden from us: either way it cannot be known.
    return null
  }
}
