/**
 * A page of the kernel's trace ring buffer, as `trace_pipe_raw` hands it over.
 *
 * Not the text of `trace_pipe`: there a process' name is printed as it is, and a process may give itself a
 * name with a line break and a forged event behind it.
 *
 * Source: include/linux/ring_buffer.h, `events/header_page`, `events/header_event`; little-endian, 64 bit.
 */

/** Low bits of the page's commit word: the bytes of events; the high ones tell of lost events. */
const COMMIT_MASK = 0x3fffffff
const MISSED_EVENTS = 0x80000000
const MISSED_COUNT_STORED = 0x40000000
const TIME_OFFSET = 0
const COMMIT_OFFSET = 8

/** `type_len` of an event's header: up to 28, the payload in words. */
const LONG_PAYLOAD = 0
const PADDING = 29
/** Time since the event before; the next type is 31, an absolute time stamp. */
const TIME_EXTEND = 30
const TYPE_BITS = 5
const DELTA_BITS = 27
/** An absolute time stamp has 59 bits; what is above comes from the times before it. */
const STAMP_RANGE = 2 ** 59

/** Takes an event: its time in ns of the trace clock, and where its payload lies in the page. */
export type TakeEvent = (timeNs: number, offset: number, length: number) => void

/**
 * Hands over the page's events in order, and gives how many the kernel had lost before it.
 *
 * Errors: never reads past `length`; a page that contradicts itself ends where it does.
 */
export function readRingPage(
  page: Buffer,
  length: number,
  dataOffset: number,
  take: TakeEvent,
): number {
  if (length < dataOffset) return 0
  const commit = page.readUInt32LE(COMMIT_OFFSET)
  const dataEnd = dataOffset + (commit & COMMIT_MASK)
  const end = Math.min(length, dataEnd)
  let timeNs = Number(page.readBigUInt64LE(TIME_OFFSET))
  let at = dataOffset
  while (at + 4 <= end) {
    const header = page.readUInt32LE(at)
    const type = header & ((1 << TYPE_BITS) - 1)
    const delta = header >>> TYPE_BITS
    at += 4
    if (type >= 1 && type < PADDING) {
      timeNs += delta
      if (at + type * 4 > end) break
      take(timeNs, at, type * 4)
      at += type * 4
      continue
    }
    // The rest have a word of their own; the padding that ends a page has no time.
    if (at + 4 > end || (type === PADDING && delta === 0)) break
    const word = page.readUInt32LE(at)
    if (type >= TIME_EXTEND) {
      timeNs = movedTime(timeNs, type, word * 2 ** DELTA_BITS + delta)
      at += 4
      continue
    }
    timeNs += delta
    // The length counts itself.
    if (word < 4 || at + word > end) break
    if (type === LONG_PAYLOAD) take(timeNs, at + 4, word - 4)
    at += (word + 3) & ~3
  }
  return lostBefore(page, length, commit, dataEnd)
}

function movedTime(before: number, type: number, ns: number): number {
  if (type === TIME_EXTEND) return before + ns
  return Math.floor(before / STAMP_RANGE) * STAMP_RANGE + ns
}

/** The kernel writes the number behind the events where there is room, else it is at least one. */
function lostBefore(page: Buffer, length: number, commit: number, dataEnd: number): number {
  // JavaScript's bit operations are signed; only zero and non-zero matter here.
  if ((commit & MISSED_EVENTS) === 0) return 0
  const isStored = (commit & MISSED_COUNT_STORED) !== 0 && dataEnd + 8 <= length
  return isStored ? Math.max(1, page.readUInt32LE(dataEnd)) : 1
}
