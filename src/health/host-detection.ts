/** The host's reading as the event `health.host`. */
import { percentWords, sizeWords } from '../core/text/amount.ts'
import type { Detection } from '../detect/detection.ts'
import { healthDetection } from './health-detection.ts'
import type { HostReading } from './host-reading.ts'

/** The telling that one run of the agent's readings all belong to. */
export interface HostTelling {
  readonly id: string
  readonly fromMs: number
  readonly nowMs: number
  /** Readings told so far, this one included. */
  readonly count: number
}

/** Makes of a reading the latest state of the run's one event. */
export function hostDetection(reading: HostReading, telling: HostTelling): Detection {
  const { id, fromMs, nowMs, count } = telling
  const { cpuShare, load, memory, disk, processes, interfaces } = reading
  const own = {
    agentCpuShare: sum(processes.map((process) => process.cpuShare ?? 0)),
    agentResidentBytes: sum(processes.map((process) => process.residentBytes)),
  }
  return healthDetection({
    ...{ id, kind: 'health.host', severity: 0, fromMs, untilMs: nowMs, count, isFinal: false },
    summary: [
      `${cpuShare === null ? '' : `CPU ${percentWords(cpuShare)}, `}load ${load[0]}`,
      `memory ${sizeWords(memory.availableBytes)} of ${sizeWords(memory.totalBytes)} available`,
      `disk ${sizeWords(disk.freeBytes)} of ${sizeWords(disk.totalBytes)} free`,
      `Picket uses ${percentWords(own.agentCpuShare)} of the CPU and ${sizeWords(own.agentResidentBytes)}`,
    ].join('; '),
    measured: {
      ...(cpuShare === null ? {} : { cpuShare }),
      load1: load[0] ?? 0,
      memoryAvailableBytes: memory.availableBytes,
      memoryTotalBytes: memory.totalBytes,
      diskFreeBytes: disk.freeBytes,
      diskTotalBytes: disk.totalBytes,
      interfaceErrors: sum(interfaces.map((nic) => nic.receiveErrors + nic.sendErrors)),
      interfaceDrops: sum(interfaces.map((nic) => nic.receiveDrops + nic.sendDrops)),
      ...own,
    },
  })
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
