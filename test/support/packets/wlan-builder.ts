/** The 802.11 layers of the packet builder: data frames, and radiotap before them. */
import { concat, macBytes, uint16, type LinkPayload } from './packet-builder.ts'

export interface WlanFields {
  /** The way through the access point. */
  readonly way?: 'to' | 'from' | 'both' | 'neither'
  readonly qos?: boolean
  readonly aggregated?: boolean
  /** Bits of the second octet to set besides the way (0x40 protected, 0x80 HT control). */
  readonly flags?: number
  readonly fragmentNumber?: number
  /** Zeros between header and body. */
  readonly padding?: number
  /** The organisation of the SNAP header. */
  readonly organisation?: Uint8Array
  /** Overrides the frame's type and subtype (0x08 data, 0x80 beacon, 0xd4 acknowledgement). */
  readonly control?: number
}

const WAYS = { neither: 0, to: 1, from: 2, both: 3 } as const
const SOURCE = macBytes('02:00:00:00:00:01')
const DESTINATION = macBytes('02:00:00:00:00:02')
const STATION = macBytes('02:00:00:00:00:03')

/** Wraps a payload into an 802.11 data frame with LLC and SNAP. */
export function wlan(payload: LinkPayload, fields: WlanFields = {}): Uint8Array {
  const { way = 'to', qos = false, flags = 0, fragmentNumber = 0, padding = 0 } = fields
  const control = fields.control ?? (qos ? 0x88 : 0x08)
  const addresses = {
    neither: [DESTINATION, SOURCE, STATION],
    to: [STATION, SOURCE, DESTINATION],
    from: [DESTINATION, STATION, SOURCE],
    both: [STATION, STATION, DESTINATION],
  }[way]
  const head = concat(new Uint8Array([control, WAYS[way] | flags, 0, 0]), ...addresses)
  return concat(
    head,
    new Uint8Array([fragmentNumber, 0]),
    way === 'both' ? SOURCE : new Uint8Array(0),
    qos ? new Uint8Array([fields.aggregated ? 0x80 : 0, 0]) : new Uint8Array(0),
    qos && (flags & 0x80) !== 0 ? new Uint8Array(4) : new Uint8Array(0),
    new Uint8Array(padding),
    new Uint8Array([0xaa, 0xaa, 3]),
    fields.organisation ?? new Uint8Array(3),
    uint16(payload.etherType),
    payload.bytes,
  )
}

export interface RadiotapFields {
  /** The field of flags (0x20 padded, 0x40 failed its checksum); left out when not given. */
  readonly flags?: number
  readonly timer?: boolean
  /** Words that say which fields are there, besides the first. */
  readonly moreWords?: number
}

/** Puts a radiotap header before a frame. */
export function radiotap(frame: Uint8Array, fields: RadiotapFields = {}): Uint8Array {
  const { flags, timer = false, moreWords = 0 } = fields
  const bits = (timer ? 1 : 0) | (flags === undefined ? 0 : 2)
  const words = Array.from({ length: moreWords + 1 }, (_, index) => {
    return new Uint8Array([index === 0 ? bits : 0, 0, 0, index < moreWords ? 0x80 : 0])
  })
  const present = concat(...words)
  const aligned = timer ? (8 - ((4 + present.length) % 8)) % 8 : 0
  const values = concat(
    new Uint8Array(timer ? aligned + 8 : 0),
    flags === undefined ? new Uint8Array(0) : new Uint8Array([flags]),
  )
  const length = 4 + present.length + values.length
  return concat(new Uint8Array([0, 0, length & 255, length >>> 8]), present, values, frame)
}
