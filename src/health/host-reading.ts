/** The host's processors, memory, disk and interfaces, and what the agent itself uses, read from /proc. */
import { statfs } from 'node:fs/promises'
import type { components } from '../../openapi/contract.d.ts'
import { rfc3339FromUs, type Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { interfaceCounters } from './proc/interface-counters.ts'
import { memoryOf } from './proc/memory.ts'
import { processorTime, type ProcessorTime } from './proc/processor.ts'
import { readProcFile } from './proc/proc-file.ts'
import { childrenOf, processTime, type ProcessTime } from './proc/process-use.ts'

export type HostReading = components['schemas']['Host']
type ProcessUse = HostReading['processes'][number]

/** A sensor as far as its use is concerned. */
export interface SensorProcess {
  readonly interfaceName: string
  /** Undefined while none runs. */
  readonly pid: number | undefined
}

export interface HostReaderOptions {
  /** The data folder. */
  readonly directory: string
  readonly clock: Clock
  /** Asked at each reading. */
  sensors(): readonly SensorProcess[]
}

interface Measured extends Pick<ProcessUse, 'role' | 'interface' | 'pid'> {
  readonly time: ProcessTime
}

/** Reads the host again and again: shares are of the time since the reading before. */
export class HostReader {
  readonly #options: HostReaderOptions
  #before: { readonly all: ProcessorTime; readonly ticks: Map<number, number> } | null = null

  constructor(options: HostReaderOptions) {
    this.#options = options
  }

  /**
   * Reads everything once. Processes that are gone or hidden are left out.
   *
   * Cost: about a dozen small files, in libuv's threads.
   * Errors: `ERR_HOST_READ` when /proc does not tell of the host, or the data folder is out of reach.
   */
  async read(): Promise<HostReading> {
    const { clock, directory, sensors } = this.#options
    const captured = sensors()
    const files = ['stat', 'loadavg', 'meminfo', 'net/dev'].map((name) => required(`/proc/${name}`))
    const [[stat, load, memory, netDev], disk, measured] = await Promise.all([
      Promise.all(files) as Promise<[string, string, string, string]>,
      diskOf(directory),
      measureAll(captured),
    ])
    const all = processorTime(stat)
    const names = captured.map(({ interfaceName }) => interfaceName)
    return {
      readAt: rfc3339FromUs(clock.nowMs() * 1000),
      processors: all.processors,
      load: load.split(' ', 3).map(Number),
      memory: memoryOf(memory),
      disk,
      interfaces: interfaceCounters(netDev).filter(
        (counters) => names.includes(counters.interface) || names.includes('any'),
      ),
      ...this.#shares(all, measured),
    }
  }

  #shares(all: ProcessorTime, measured: readonly Measured[]) {
    const before = this.#before
    this.#before = { all, ticks: new Map(measured.map(({ pid, time }) => [pid, time.ticks])) }
    const passed = all.totalTicks - (before?.all.totalTicks ?? all.totalTicks)
    const share = (now: number, then: number | undefined): number | null => {
      if (then === undefined || passed <= 0) return null
      // A hot-plugged processor, or a process number used again, can make a counter fall.
      return Math.round(Math.min(1, Math.max(0, (now - then) / passed)) * 1e4) / 1e4
    }
    const processes = measured.map(({ time, ...process }) => ({
      ...process,
      cpuShare: share(time.ticks, before?.ticks.get(process.pid)),
      residentBytes: time.residentBytes,
    }))
    return { cpuShare: share(all.busyTicks, before?.all.busyTicks), processes }
  }
}

async function measureAll(sensors: readonly SensorProcess[]): Promise<Measured[]> {
  const agent = measure({ role: 'agent', interface: null, pid: process.pid })
  const use = await Promise.all([agent, ...sensors.map(measureSensor)])
  return use.flat()
}

/** A sensor's only children are what it captures with. */
async function measureSensor({ interfaceName, pid }: SensorProcess): Promise<Measured[]> {
  if (pid === undefined) return []
  const children = await childrenOf(pid)
  const measured = await Promise.all([
    measure({ role: 'sensor', interface: interfaceName, pid }),
    ...children.map((child) => measure({ role: 'capture', interface: interfaceName, pid: child })),
  ])
  return measured.flat()
}

async function measure(process: Omit<Measured, 'time'>): Promise<Measured[]> {
  const time = await processTime(process.pid)
  return time === null ? [] : [{ ...process, time }]
}

async function diskOf(directory: string): Promise<HostReading['disk']> {
  try {
    const { bsize, blocks, bavail } = await statfs(directory)
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail }
  } catch (cause) {
    throw new PicketError('ERR_HOST_READ', `the disk of ${directory} cannot be read`, { cause })
  }
}

async function required(path: string): Promise<string> {
  const text = await readProcFile(path)
  if (text !== null) return text
  throw new PicketError('ERR_HOST_READ', `${path} cannot be read`, {
    hint: 'mount /proc where the agent runs',
  })
}
