/** Live frames from tcpdump, whose pcap stream is read by the same parser that reads files. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { CaptureStream, type CaptureFault } from '../capture-stream.ts'
import { requireInterface } from '../interfaces.ts'
import { canDropPrivileges, userExists } from '../privileges.ts'
import type { CaptureEnd, CaptureSource, CaptureStatistics, FrameListener } from '../source.ts'
import { openFailure, TcpdumpMessages } from './tcpdump-messages.ts'

/** How often the kernel's drop count is asked for. */
const STATISTICS_MS = 1000
/** tcpdump ends within milliseconds of SIGTERM; beyond this something holds it. */
const KILL_AFTER_MS = 300
/** When not even SIGKILL ends it, `run` ends without it. */
const ABANDON_AFTER_MS = 100

type Tcpdump = ChildProcessByStdio<null, Readable, Readable>

export interface TcpdumpOptions {
  readonly interface: string
  /** Absolute path of the program. */
  readonly program: string
  readonly snapLengthBytes: number
  readonly bufferMegabytes: number
  /** The user tcpdump becomes once the interface is open; null to stay as started. */
  readonly user: string | null
  /** Whether frames are handed over at once, rather than by the block. */
  readonly isPrompt?: boolean
  /** Called once, when the interface is open and frames are being captured. */
  readonly onListening?: (() => void) | undefined
}

/**
 * Captures on an interface with a tcpdump process.
 *
 * Cost: the kernel hands over a block of its buffer when it is full or a second old (TPACKET_V3 with
 * tcpdump's fixed timeout), so on a quiet link a frame arrives up to a second after its timestamp.
 * `isPrompt` spares that second at twice the CPU a frame, and lost 2 % of a 115,000/s load.
 * What the kernel still holds when `stop` is called is not handed on.
 * Errors: under a slow listener the pipe fills, tcpdump waits and the kernel drops, which it counts:
 * `statistics().kernelDrops`, renewed every second and at the end.
 */
export class TcpdumpSource implements CaptureSource {
  readonly name: string
  readonly #options: TcpdumpOptions
  readonly #messages = new TcpdumpMessages()
  #stream: CaptureStream | null = null
  #child: Tcpdump | null = null
  #bytes = 0
  #isStopped = false
  #wasListening = false
  #fault: CaptureFault | null = null
  #thrown: { readonly error: unknown } | null = null

  constructor(options: TcpdumpOptions) {
    this.#options = options
    this.name = `${options.interface} (tcpdump)`
  }

  async run(onFrame: FrameListener): Promise<CaptureEnd> {
    requireInterface(this.#options.interface)
    if (this.#isStopped) return { kind: 'stopped' }
    const stream = new CaptureStream(onFrame)
    this.#stream = stream
    const child = start(this.#options)
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => this.#take(stream, chunk))
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    const asking = setInterval(() => this.#askForDrops(), STATISTICS_MS)
    try {
      return this.#endFor(await ended(child, this.#options.interface))
    } finally {
      clearInterval(asking)
      this.#child = null
    }
  }

  stop(): void {
    this.#isStopped = true
    if (this.#child !== null) endProcess(this.#child)
  }

  statistics(): CaptureStatistics {
    const frames = this.#stream?.frames ?? 0
    return { frames, bytes: this.#bytes, kernelDrops: this.#messages.kernelDrops }
  }

  #take(stream: CaptureStream, chunk: Buffer): void {
    if (this.#fault !== null || this.#thrown !== null) return
    this.#bytes += chunk.length
    try {
      this.#fault = stream.push(chunk)
    } catch (error) {
      // Thrown into an event it would end the process with tcpdump still running.
      this.#thrown = { error }
    }
    if ((this.#fault !== null || this.#thrown !== null) && this.#child) endProcess(this.#child)
  }

  #hear(text: string): void {
    this.#messages.push(text)
    if (this.#wasListening || !this.#messages.isListening) return
    this.#wasListening = true
    this.#options.onListening?.()
  }

  /** Before tcpdump listens it has no handler for the signal, which would end it. */
  #askForDrops(): void {
    if (this.#wasListening) this.#child?.kill('SIGUSR1')
  }

  #endFor(exit: string): CaptureEnd {
    if (this.#thrown !== null) throw this.#thrown.error
    if (this.#isStopped) return { kind: 'stopped' }
    if (this.#fault !== null) {
      const { byteOffset, reason } = this.#fault
      return { kind: 'failed', reason: `tcpdump sent no capture at byte ${byteOffset}: ${reason}` }
    }
    const reason = this.#messages.reason() || exit
    if (!this.#wasListening) throw openFailure(this.#options.interface, reason)
    return { kind: 'failed', reason }
  }
}

function start(options: TcpdumpOptions): Tcpdump {
  const { interface: name, program, snapLengthBytes, bufferMegabytes, user } = options
  const capture = ['-i', name, '-n', '-p', '-U', '-w', '-']
  const sizes = ['-s', String(snapLengthBytes), '-B', String(bufferMegabytes * 1024)]
  const promptness = options.isPrompt === true ? ['--immediate-mode'] : []
  return spawn(program, [...capture, ...promptness, ...sizes, ...userArguments(user)], {
    cwd: '/',
    env: { LC_ALL: 'C' },
    // In a group of its own, or a terminal's Ctrl-C would end it before the sensor has stopped.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Debian's tcpdump becomes `tcpdump` unless told otherwise, and fails where it cannot. */
function userArguments(user: string | null): string[] {
  if (process.getuid?.() !== 0) return []
  const canBecome = user !== null && canDropPrivileges() && userExists(user)
  return ['-Z', canBecome ? user : 'root']
}

/** Ends tcpdump; what it had written is still read. */
function endProcess(child: Tcpdump): void {
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  const abandoning = setTimeout(() => child.emit('close'), KILL_AFTER_MS + ABANDON_AFTER_MS)
  child.once('close', () => {
    clearTimeout(killing)
    clearTimeout(abandoning)
  })
}

/** Resolves once tcpdump is gone and all it wrote is read, with how it went. */
function ended(child: Tcpdump, interfaceName: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      // Also raised when a signal cannot be sent, which `endProcess` outlives.
      if (child.pid !== undefined) return
      reject(openFailure(interfaceName, 'tcpdump could not be started', error))
    })
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      child.stdout.destroy()
      child.stderr.destroy()
      resolve(signal ? `tcpdump was ended by ${signal}` : `tcpdump ended with code ${code}`)
    })
  })
}
