/**
 * Where each field of a live flow sits in its 256-byte record.
 *
 * One record in one buffer rather than a column a field: a packet of a known flow then touches three
 * cache lines, not thirty. The first line is what finding a flow needs, IPv6's upper words come last.
 */

export const RECORD_BYTES = 256
/** A record's number times 2^this is its first 32-bit word. */
export const WORD_SHIFT = 6
/** A record's number times 2^this is its first double. */
export const DOUBLE_SHIFT = 5

/** 32-bit words, counted from the record's first. */
export const Word = {
  HASH: 0,
  /** Next record of the same hash bucket, or of the free list. */
  CHAIN: 1,
  /** Originator's port in the upper half, responder's in the lower. */
  PORTS: 2,
  /** Protocol, IP version and VLAN; see flow-key.ts. */
  META: 3,
  ORIGINATOR3: 4,
  RESPONDER3: 5,
  /** Bits, see `State`. */
  STATE: 6,
  /** TCP flags: originator's, responder's << 8, the opening packet's << 16. */
  FLAGS: 7,
  ORIGINATOR_PACKETS: 8,
  RESPONDER_PACKETS: 9,
  /** The sequence number each side is to send next. */
  ORIGINATOR_NEXT: 10,
  RESPONDER_NEXT: 11,
  // 12–15: doubles 6, 7. 16–35: doubles 8–17.
  SIZE_MIN: 36,
  SIZE_MAX: 37,
  ORIGINATOR_RETRANSMISSIONS: 38,
  RESPONDER_RETRANSMISSIONS: 39,
  // 40–41: double 20.
  OPENING_PAYLOAD: 42,
  HANDSHAKE_RTT: 43,
  /** The place of the flow's application reader; 0 for none. */
  FACTS: 44,
  /** Payloads it has read. */
  READS: 45,
  ORIGINATOR0: 48,
  ORIGINATOR1: 49,
  ORIGINATOR2: 50,
  RESPONDER0: 51,
  RESPONDER1: 52,
  RESPONDER2: 53,
  WHEEL_PREVIOUS: 54,
  WHEEL_NEXT: 55,
  WHEEL_SLOT: 56,
  LIST_PREVIOUS: 57,
  LIST_NEXT: 58,
} as const

/** Doubles, counted from the record's first. */
export const Double = {
  LAST_US: 6,
  /** When the flow was last touched, on the table's own clock; see packet-clock.ts. */
  TOUCHED_US: 7,
  ORIGINATOR_BYTES: 8,
  RESPONDER_BYTES: 9,
  ORIGINATOR_PAYLOAD: 10,
  RESPONDER_PAYLOAD: 11,
  SIZE_MEAN: 12,
  SIZE_SQUARES: 13,
  GAP_MEAN: 14,
  GAP_SQUARES: 15,
  GAP_MIN: 16,
  GAP_MAX: 17,
  START_US: 20,
} as const

/** The bits of `Word.STATE`. */
export const State = {
  /** Endpoint states of TCP, three bits each; see tcp-state.ts. */
  ORIGINATOR_SHIFT: 0,
  RESPONDER_SHIFT: 3,
  ENDPOINT_MASK: 7,
  /** Both of them. */
  ENDPOINTS: 63,
  /** The responder's side spoke. */
  ANSWERED: 1 << 6,
  ICMP_REFUSED: 1 << 7,
  /** The originator went on after the answer: it is really there. */
  CONFIRMED: 1 << 8,
  /** What a flow begun anew after its active timeout takes over: ends' states and `CONFIRMED`. */
  INHERITED: 63 | (1 << 8),
  /** Touched since it was last considered for eviction. */
  REFERENCED: 1 << 9,
  /** TCP closed by both or reset; lingers for its last packets. */
  CLOSED: 1 << 10,
  /** Nothing more is read of the flow's application. */
  READ_OUT: 1 << 11,
  LIST_SHIFT: 12,
  LIST_MASK: 3,
  /** Nothing more is read of this side until the other speaks; the responder's bit follows. */
  ORIGINATOR_QUIET: 1 << 14,
  APPLICATION_SHIFT: 16,
  APPLICATION_MASK: 255,
  /** How many payloads were looked at for the application. */
  LOOKS_SHIFT: 24,
  LOOKS_MASK: 15,
  /** Read on although nobody knows what it is. */
  UNKNOWN_READ: 1 << 28,
  /** The capture kept too little of a payload for anybody to read it. */
  CUT_SHORT: 1 << 29,
  /** Part of something that was told, and silent since; see `FlowObserver.absorbs`. */
  ABSORBED: 1 << 30,
} as const
