/**
 * A ring buffer of Picket's own in the kernel's tracing, which other users of tracing neither see nor
 * disturb; nothing outside it is ever written to.
 */
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { readSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEventFormat, parsePageLayout } from './event-format.ts'
import { readRingPage } from './ring-page.ts'
import { isThere, ownTraceFolder, type TraceFolder } from './trace-folder.ts'
import type { TraceEvent } from './trace-event.ts'
import { TRACE_POINTS, type DecodeEvent } from './trace-points.ts'

/** Buffers are named after the number of the agent's process. */
const NAME = /^picket-(\d+)(?:-bell)?$/
/** All processors' buffers together, and the bounds for each. */
const TOTAL_KILOBYTES = 16_384
const LEAST_KILOBYTES = 128
const MOST_KILOBYTES = 2_048
/** What is read of one processor at a time, so that a storm of events holds up the agent for milliseconds. */
const PAGES_PER_READ = 128

interface Decoder {
  readonly bytes: number
  readonly decode: DecodeEvent
}

export class TraceInstance {
  readonly #folder: TraceFolder
  readonly #decoders = new Map<number, Decoder>()
  readonly #files: number[] = []
  #page = Buffer.alloc(0)
  #dataOffset = 0
  #lost = 0
  #bytes = 0
  /** Events that this kernel lacks or writes otherwise than we know. */
  readonly missing: string[] = []

  /** `tracing`: where tracefs is mounted. Throws what the file system says when it is not for us. */
  constructor(tracing: string) {
    this.#folder = ownTraceFolder(tracing, '')
  }

  /** Events that the kernel overwrote before they were read. */
  get lost(): number {
    return this.#lost
  }

  get bytesRead(): number {
    return this.#bytes
  }

  /** Begins to record; throws what the file system, or this kernel's formats, are against it. */
  open(): void {
    const layout = parsePageLayout(this.#read('events/header_page'))
    if (layout === null) throw new Error('this kernel writes pages of a layout that is not known')
    this.#page = Buffer.alloc(layout.pageBytes)
    this.#dataOffset = layout.dataOffset
    this.#write('tracing_on', '0')
    // The clock of `process.hrtime`, and one for all processors.
    this.#write('trace_clock', 'mono')
    const processors = readdirSync(join(this.#folder.path, 'per_cpu'))
    const share = Math.floor(TOTAL_KILOBYTES / processors.length)
    const kilobytes = Math.max(LEAST_KILOBYTES, Math.min(MOST_KILOBYTES, share))
    this.#write('buffer_size_kb', String(kilobytes))
    for (const point of TRACE_POINTS) this.#enable(point)
    for (const name of processors) {
      const path = join(this.#folder.path, 'per_cpu', name, 'trace_pipe_raw')
      this.#files.push(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    }
    this.#write('tracing_on', '1')
  }

  /** Hands over what has been recorded, each processor's in its order; false when more is waiting. */
  read(take: (event: TraceEvent) => void): boolean {
    let isAll = true
    for (const file of this.#files) isAll = this.#readProcessor(file, take) && isAll
    return isAll
  }

  /** Ends the recording and removes what was made. */
  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file)
    if (this.#folder.remove()) return
    this.#write('tracing_on', '0')
    for (const { path } of TRACE_POINTS) {
      if (isThere(join(this.#folder.path, 'events', path)))
        this.#write(`events/${path}/enable`, '0')
    }
  }

  #readProcessor(file: number, take: (event: TraceEvent) => void): boolean {
    for (let pages = 0; pages < PAGES_PER_READ; pages += 1) {
      const length = readNow(file, this.#page)
      if (length <= 0) return true
      this.#bytes += length
      this.#lost += readRingPage(this.#page, length, this.#dataOffset, (timeNs, at, bytes) => {
        const decoder = this.#decoders.get(this.#page.readUInt16LE(at))
        if (decoder === undefined || bytes < decoder.bytes) return
        const event = decoder.decode(this.#page, at, timeNs)
        if (event !== null) take(event)
      })
    }
    return false
  }

  #enable(point: (typeof TRACE_POINTS)[number]): void {
    const folder = join('events', point.path)
    const isKnown = isThere(join(this.#folder.path, folder))
    const format = isKnown ? parseEventFormat(this.#read(join(folder, 'format'))) : null
    const decoder = format === null ? null : point.decoder(format)
    if (format === null || decoder === null) {
      if (point.isNeeded) throw new Error(`this kernel has no event ${point.path} that is known`)
      this.missing.push(point.path)
      return
    }
    if (point.filter !== null) this.#write(join(folder, 'filter'), point.filter)
    this.#write(join(folder, 'enable'), '1')
    this.#decoders.set(format.id, decoder)
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder.path, name), 'utf8')
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder.path, name), text)
  }
}

/**
 * Removes the buffers of agents that were killed. One whose files somebody has open cannot be removed, so
 * another agent's stays, whatever its name.
 */
export function removeStale(tracing: string): void {
  const instances = join(tracing, 'instances')
  for (const name of readdirSync(instances)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined || isThere(`/proc/${pid}`)) continue
    try {
      rmdirSync(join(instances, name))
    } catch {
      // In use after all, by an agent whose process number we cannot see.
    }
  }
}

/** Reads without waiting; 0 when nothing is there, or the processor was taken away. */
function readNow(file: number, page: Buffer): number {
  try {
    return readSync(file, page)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN' || code === 'ENODEV' || code === 'EINTR') return 0
    throw error
  }
}
