/** Frames as the records of a classic pcap file: µs, little-endian (the pcap-savefile format of tcpdump.org). */

const MAGIC = 0xa1b2c3d4
const MAJOR = 2
const MINOR = 4
const FILE_HEADER_LENGTH = 24
const RECORD_HEADER_LENGTH = 16

/** Writes the header that stands before the records of a file. */
function pcapHeader(linkType: number, snapBytes = 65_535): Uint8Array {
  const header = new DataView(new ArrayBuffer(FILE_HEADER_LENGTH))
  header.setUint32(0, MAGIC, true)
  header.setUint16(4, MAJOR, true)
  header.setUint16(6, MINOR, true)
  header.setUint32(16, snapBytes, true)
  header.setUint32(20, linkType, true)
  return new Uint8Array(header.buffer)
}

/** Writes one record's header; its bytes follow. */
export function recordHeader(timestampUs: number, captured: number, wire: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(RECORD_HEADER_LENGTH))
  const us = Math.max(0, Math.floor(timestampUs))
  header.setUint32(0, Math.floor(us / 1e6) >>> 0, true)
  header.setUint32(4, us % 1e6, true)
  header.setUint32(8, captured, true)
  header.setUint32(12, Math.max(wire, captured), true)
  return new Uint8Array(header.buffer)
}

/** Gives a whole file of records that were written one after the other. */
export function pcapFile(linkType: number, records: Uint8Array): Uint8Array {
  return joined([pcapHeader(linkType), records])
}

/** Copies the parts, one after the other, into one of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
