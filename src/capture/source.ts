/** What every source of frames promises: files, tcpdump and cap look the same from here on. */

/** Data link types by their tcpdump.org LINKTYPE number. */
export const LinkType = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  PPP_HDLC: 50,
  PPPOE: 51,
  RAW: 101,
  WLAN: 105,
  LOOP: 108,
  LINUX_SLL: 113,
  RADIOTAP: 127,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const

/**
 * One captured frame. The object and its buffer are reused: neither may be kept past the call.
 *
 * Units: `timestampUs` µs since the epoch; lengths in bytes.
 */
export interface Frame {
  timestampUs: number
  /** LINKTYPE number of the bytes at `offset`. */
  linkType: number
  buffer: Uint8Array
  /** Where the frame begins in `buffer`. */
  offset: number
  /** Bytes captured. */
  capturedLength: number
  /** Bytes on the wire (≥ capturedLength). */
  wireLength: number
}

export type FrameListener = (frame: Frame) => void

export interface CaptureStatistics {
  /** Frames handed on. */
  readonly frames: number
  /** Bytes of capture read (file, pipe) or received. */
  readonly bytes: number
  /** Frames the kernel dropped for want of room, as the kernel counts; null when it cannot be known. */
  readonly kernelDrops: number | null
}

/** How a source came to its end. */
export type CaptureEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'stopped' }
  /**
   * The capture is cut or corrupt at `byteOffset`, counted in what was unpacked where it was gzip'd;
   * everything before it was handed on.
   */
  | {
      readonly kind: 'damaged'
      readonly byteOffset: number
      readonly isUnpacked: boolean
      readonly reason: string
    }
  /** The source failed while running (tcpdump died, the interface went away). */
  | { readonly kind: 'failed'; readonly reason: string }

export interface CaptureSource {
  /** For people: `eth0 (tcpdump)`, `scan.pcap`. */
  readonly name: string
  /**
   * Hands every frame to `onFrame`, in order, until the end or `stop()`.
   *
   * Errors: rejects with `PicketError` when the source cannot be opened (`ERR_CAPTURE_OPEN`,
   * `ERR_CAPTURE_FORMAT`, `ERR_CAPTURE_PRIVILEGE`); what goes wrong later is the resolved `CaptureEnd`.
   */
  run(onFrame: FrameListener): Promise<CaptureEnd>
  /** Ends `run`, which then resolves with `stopped`; what was already captured is still handed on. */
  stop(): void
  statistics(): CaptureStatistics
}
