/** What is told of a conversation in a protocol that is not known. */

/** What one side said in a protocol that is not known. */
export interface StreamSide {
  /** The first 64 bytes of its first messages in hexadecimal: for comparing, and never kept with the flow. */
  readonly heads: readonly string[]
  /** Bytes of the segments that the heads are the beginnings of. */
  readonly headSizes: readonly number[]
  /** Bursts of segments without an answer or a pause in between. */
  readonly messages: number
  /** Messages whose first segment held at most 512 bytes, and those of them that are plain text. */
  readonly small: number
  readonly text: number
  /** Messages that begin with their own length, always written in the same way. */
  readonly framed: number
  readonly bytes: number
}

/** Messages of one size that one side keeps sending. */
export interface StreamBeat {
  readonly isFromResponder: boolean
  readonly bytes: number
  readonly count: number
  readonly medianGapUs: number
  /** Of the gaps, those within a fifth of the median, 0–1. */
  readonly steadyShare: number
}

/** A TCP conversation in a protocol that is not known, told anew as it goes on. */
export interface UnknownStream {
  readonly kind: 'unknown-stream'
  readonly originator: StreamSide
  readonly responder: StreamSide
  readonly isResponderFirst: boolean
  readonly beat: StreamBeat | null
}
