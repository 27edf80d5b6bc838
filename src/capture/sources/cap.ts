/** The home of npm `cap`: live frames in process, for hosts that have no tcpdump. */
import { createRequire } from 'node:module'
import { PicketError } from '../../core/errors.ts'
import { isUp, requireInterface } from '../interfaces.ts'
import { createFrame } from '../pcap-stream.ts'
import { canCapture } from '../privileges.ts'
import { LinkType } from '../source.ts'
import type { CaptureEnd, CaptureSource, CaptureStatistics, FrameListener } from '../source.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { openFailure } from './tcpdump-messages.ts'

/** libpcap's snap length, which cap fixes. */
const FRAME_BYTES = 65535
/**
 * cap's immediate mode gives each frame a slot as long as the snap length, 64 KiB, so even this holds but a
 * thousand frames: at 100,000 a second on loopback 6 % were lost. 256 MB lost none at 200,000.
 */
const MIN_BUFFER_MEGABYTES = 64
const CLOCK_MS = 1000

const LINK_TYPES: Readonly<Record<string, number>> = {
  ETHERNET: LinkType.ETHERNET,
  LINKTYPE_LINUX_SLL: LinkType.LINUX_SLL,
  RAW: LinkType.RAW,
  NULL: LinkType.NULL,
}

/** A CommonJS addon, loaded only where it is used: hosts that run tcpdump may lack it. */
const require = createRequire(import.meta.url)

/** Handles that failed to open; see `requireOpenable`. */
const neverCollected: CapHandle[] = []

/** What we use of `cap`. */
interface CapAddon {
  readonly Cap: new () => CapHandle
}
interface CapHandle {
  on(event: 'packet', listener: (capturedBytes: number) => void): void
  /** Returns the link type's name, or `Unknown linktype N`. */
  open(device: string, filter: string, bufferBytes: number, frame: Buffer): string
  close(): void
}

export interface CapOptions {
  readonly interface: string
  readonly snapLengthBytes: number
  readonly bufferMegabytes: number
  readonly onListening?: (() => void) | undefined
}

/**
 * Captures on an interface with libpcap inside this process: the fallback where tcpdump is missing.
 *
 * Its read loop never yields while frames keep coming: a listener that takes longer than the gap between
 * frames starves everything else in the process, `stop` included. The interface is made promiscuous.
 * Units: frames are stamped on arrival, so their times hold our delays as well.
 * Cost: 2.65 µs a frame and one wake-up each (libpcap's immediate mode).
 * Errors: drops happen unseen, `kernelDrops` is null. When the interface goes down or away an assertion in
 * cap ends the process, so run it only where that may happen: in a sensor process.
 */
export class CapSource implements CaptureSource {
  readonly name: string
  readonly #options: CapOptions
  readonly #clock = new ArrivalClock()
  /** cap writes every frame here through a bare pointer, which does not keep the buffer alive. */
  readonly #buffer = Buffer.allocUnsafeSlow(FRAME_BYTES)
  readonly #frame = { ...createFrame(), buffer: this.#buffer }
  #frames = 0
  #bytes = 0
  #isStopped = false
  #onStop: (() => void) | null = null

  constructor(options: CapOptions) {
    this.#options = options
    this.name = `${options.interface} (cap)`
  }

  async run(onFrame: FrameListener): Promise<CaptureEnd> {
    requireOpenable(this.#options.interface)
    if (this.#isStopped) return { kind: 'stopped' }
    const handle = new (loadCap().Cap)()
    const broken = new Promise<never>((_resolve, reject) => this.#listen(handle, onFrame, reject))
    const stopped = new Promise<CaptureEnd>((resolve) => {
      this.#onStop = () => resolve({ kind: 'stopped' })
    })
    this.#open(handle)
    const following = setInterval(() => this.#clock.follow(), CLOCK_MS)
    try {
      this.#options.onListening?.()
      return await Promise.race([stopped, broken])
    } finally {
      clearInterval(following)
      handle.close()
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#onStop?.()
  }

  statistics(): CaptureStatistics {
    return { frames: this.#frames, bytes: this.#bytes, kernelDrops: null }
  }

  #listen(handle: CapHandle, onFrame: FrameListener, onThrown: (error: unknown) => void): void {
    const frame = this.#frame
    handle.on('packet', (capturedBytes) => {
      if (this.#isStopped) return
      frame.timestampUs = this.#clock.nowUs()
      frame.wireLength = capturedBytes
      frame.capturedLength = Math.min(capturedBytes, this.#options.snapLengthBytes)
      this.#frames += 1
      this.#bytes += capturedBytes
      try {
        onFrame(frame)
      } catch (error) {
        this.#isStopped = true
        onThrown(error)
      }
    })
  }

  #open(handle: CapHandle): void {
    const { interface: name, bufferMegabytes } = this.#options
    const bufferBytes = Math.max(bufferMegabytes, MIN_BUFFER_MEGABYTES) * 1024 * 1024
    try {
      const linkType = handle.open(name, '', bufferBytes, this.#buffer)
      this.#frame.linkType = LINK_TYPES[linkType] ?? Number(/\d+$/.exec(linkType)?.[0] ?? -1)
    } catch (error) {
      neverCollected.push(handle)
      throw openFailure(name, (error as Error).message, error)
    }
  }
}

/**
 * Refuses what `open` would fail on: closing or collecting a handle that failed to open ends the whole
 * process (`uv_poll_stop` on a poll that was never begun).
 */
function requireOpenable(name: string): void {
  requireInterface(name)
  if (!canCapture()) throw openFailure(name, 'no permission to capture')
  if (!isUp(name)) throw openFailure(name, 'the device is not up')
}

/** Says whether the addon is built and loads; it is first loaded here. */
export function isCapUsable(): boolean {
  try {
    loadCap()
    return true
  } catch (error) {
    if (error instanceof PicketError) return false
    throw error
  }
}

function loadCap(): CapAddon {
  try {
    return require('cap') as CapAddon
  } catch (cause) {
    throw new PicketError('ERR_CAPTURE_OPEN', 'the capture addon `cap` does not load', {
      hint: 'install tcpdump, or libpcap-dev and a compiler and rebuild: npm rebuild cap',
      cause,
    })
  }
}
