/**
 * Where each field of a finished flow sits in a batch: a header, records of one size, then their texts.
 *
 * One flat buffer, because that is what a flow costs least as: objects took 0.6 KB and 2 µs each to hand
 * from thread to thread, and a table row another 30 µs. Integers and doubles are in the machine's own
 * order, which `MAGIC` tells.
 */

/** `PKFB`, read as the machine reads it: a buffer of the other byte order shows it reversed. */
export const MAGIC = 0x42464b50
/** Raised whenever a field moves. */
export const LAYOUT_VERSION = 1

/** Words of the header. */
export const Header = { MAGIC: 0, VERSION: 1, FLOWS: 2, TEXT_BYTES: 3 } as const
export const HEADER_BYTES = 16

export const RECORD_BYTES = 144
export const RECORD_WORDS = RECORD_BYTES / 4
export const RECORD_DOUBLES = RECORD_BYTES / 8

/** 32-bit words of a record. */
export const Word = {
  /** Four words an address, as in `IpAddress`. */
  ORIGINATOR: 0,
  RESPONDER: 4,
  /** Originator's port in the upper half, responder's in the lower. */
  PORTS: 8,
  /** Protocol, IP version << 8, VLAN << 16. */
  META: 9,
  /** TCP flags of the originator and, << 8, of the responder; connection state << 16; end reason << 24. */
  STATE: 10,
  APPLICATION: 11,
  ORIGINATOR_PACKETS: 12,
  RESPONDER_PACKETS: 13,
  RETRANSMISSIONS: 14,
  /** -1 when not seen. */
  HANDSHAKE_RTT: 15,
  // 16–31: doubles 8–15.
  /** Where each text begins among the texts; 0 for none. */
  INTERFACE: 32,
  FACTS: 33,
  PROCESS: 34,
} as const

/** The words that say where a text begins. */
export const TEXT_WORDS = [Word.INTERFACE, Word.FACTS, Word.PROCESS] as const

/** Doubles of a record. */
export const Double = {
  START_US: 8,
  END_US: 9,
  ORIGINATOR_BYTES: 10,
  RESPONDER_BYTES: 11,
  ORIGINATOR_PAYLOAD: 12,
  RESPONDER_PAYLOAD: 13,
  /** NaN when no model was in force, like the next. */
  ANOMALY_SCORE: 14,
  ATTACK_SCORE: 15,
} as const

/** A text is its length in two bytes, then UTF-8; the first one begins here, so that 0 can mean none. */
export const FIRST_TEXT = 4
export const LONGEST_TEXT = 0xffff
