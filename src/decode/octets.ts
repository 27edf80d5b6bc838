/** Reads integers in network order; the caller has checked that the bytes are there. */

/** Reads an unsigned 16-bit integer. */
export function readUint16(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 8) | buffer[at + 1]!
}

/** Reads 32 bits as a signed integer, which V8 keeps unboxed. */
export function readInt32(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!
}

/** Reads a MAC address as an unsigned 48-bit integer. */
export function readUint48(buffer: Uint8Array, at: number): number {
  return readUint16(buffer, at) * 0x1_0000_0000 + (readInt32(buffer, at + 2) >>> 0)
}
