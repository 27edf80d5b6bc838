/** Reading the fields of a trace event's payload. */
import { formatIpv4Word, formatIpv6Words } from '../../net/address.ts'

/** Enough for any executable; a path may be longer. */
const LONGEST_TEXT = 1024

/** What every event begins with; the kernel keeps it at the same place in all of them. */
export function commonFields(page: Buffer, at: number): { flags: number; tid: number } {
  return { flags: page[at + 2]!, tid: page.readInt32LE(at + 4) }
}

/** Gives an address of 4 or 16 bytes as flows write it: a mapped IPv4 address is IPv4. */
export function addressAt(page: Buffer, at: number, bytes: number): string {
  const word = (index: number): number => page.readUInt32BE(at + index * 4)
  if (bytes === 4) return formatIpv4Word(word(0))
  if (word(0) === 0 && word(1) === 0 && word(2) === 0xffff) return formatIpv4Word(word(3))
  return formatIpv6Words(word(0), word(1), word(2), word(3))
}

/** Gives the text up to its terminating zero, or all of its `most` bytes. */
export function textAt(page: Buffer, at: number, most: number): string {
  const end = page.indexOf(0, at)
  return page.toString('utf8', at, end < 0 || end > at + most ? at + most : end)
}

/** Reads a `__data_loc` field: the length in the upper half, the offset in the event in the lower. */
export function dynamicTextAt(page: Buffer, at: number, field: number): string {
  const location = page.readUInt32LE(at + field)
  const start = at + (location & 0xffff)
  const most = Math.min(location >>> 16, page.length - start, LONGEST_TEXT)
  return most > 0 ? textAt(page, start, most) : ''
}
