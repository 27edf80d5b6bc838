/**
 * Tells at once that some process opened a connection or sent something, so that /proc is read before it is
 * gone: a blocked `cat` on a small trace buffer of its own costs nothing until the kernel wakes it.
 *
 * Node cannot wait for several such files without giving each a thread of libuv's four. What `cat` prints is
 * text that processes can forge, and is not looked at.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, startReader, type Reader } from '../command.ts'
import { isThere, ownTraceFolder, type TraceFolder } from './trace-folder.ts'
import { BELL_POINTS } from './trace-points.ts'

const BUFFER_KILOBYTES = '32'
/** `cat` lets go of the buffer as it ends, which must be before the buffer can be removed. */
const END_WITHIN_MS = 500

export class Doorbell {
  readonly #folder: TraceFolder
  #reader: Reader | null = null

  /** `tracing`: where tracefs is mounted. Throws what the file system says when it is not for us. */
  constructor(tracing: string) {
    this.#folder = ownTraceFolder(tracing, '-bell')
  }

  /** Begins to ring; throws what the file system has against it. */
  start(onRing: () => void): void {
    const cat = findProgram('cat')
    if (cat === null) throw new Error('cat is not installed')
    this.#write('buffer_size_kb', BUFFER_KILOBYTES)
    this.#enable('1')
    this.#reader = startReader(cat, join(this.#folder.path, 'trace_pipe'))
    this.#reader.stdout.on('data', onRing)
    this.#reader.on('error', () => undefined)
  }

  /** Ends `cat` and removes what was made. */
  async stop(): Promise<void> {
    const reader = this.#reader
    if (reader !== null && reader.exitCode === null && reader.pid !== undefined) {
      await new Promise((resolve) => {
        const giveUp = setTimeout(resolve, END_WITHIN_MS)
        reader.once('close', () => {
          clearTimeout(giveUp)
          resolve(null)
        })
        reader.kill('SIGKILL')
      })
    }
    this.#reader = null
    if (!this.#folder.remove()) this.#enable('0')
  }

  #enable(value: '0' | '1'): void {
    for (const { path, filter } of BELL_POINTS) {
      if (!isThere(join(this.#folder.path, 'events', path))) continue
      if (value === '1' && filter !== null) this.#write(`events/${path}/filter`, filter)
      this.#write(`events/${path}/enable`, value)
    }
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder.path, name), text)
  }
}
