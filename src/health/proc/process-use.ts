/** What a process uses, and which processes it started: /proc/PID. */
import { bytesOf } from './memory.ts'
import { readProcFile } from './proc-file.ts'

export interface ProcessTime {
  /** CPU of all its threads since it started. Units: ticks of 1/100 s, as in /proc/stat. */
  readonly ticks: number
  readonly residentBytes: number
}

/** Gives what a process has used; null when it is gone or hidden from us. */
export async function processTime(pid: number): Promise<ProcessTime | null> {
  const [stat, status] = await Promise.all([
    readProcFile(`/proc/${pid}/stat`),
    readProcFile(`/proc/${pid}/status`),
  ])
  if (stat === null || status === null) return null
  return { ticks: cpuTicks(stat), residentBytes: bytesOf(status, 'VmRSS') }
}

/** Source: proc_pid_stat(5), fields 14 and 15; the name in field 2 may itself hold spaces and brackets. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Lists the processes that the main thread of `pid` started and that still run. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = (await readProcFile(`/proc/${pid}/task/${pid}/children`)) ?? ''
  return text.split(' ').filter(Boolean).map(Number)
}
