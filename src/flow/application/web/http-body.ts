/** The first bytes of an HTTP body: what kind of thing it is and, of text, how it begins. */
import type { HttpBody } from '../facts.ts'
import { byteAt, findByte, pattern, startsWith, textAt, uint16LittleAt, uint32LittleAt, type Payload } from '../payload.ts' // prettier-ignore

const LONGEST_TEXT = 1024
/** Bytes looked at to tell text from what is not. */
const LOOKED_AT = 32
const PE_AT = 0x3c
const ELF = pattern('\x7fELF')
const JAVA_CLASS = pattern('\xca\xfe\xba\xbe')
const PE = pattern('PE\0\0')
const SCRIPT = pattern('#!/')

/** A body's beginning as a fact; `from` is where it begins. */
export function bodyFact(payload: Payload, from: number, isFromResponder: boolean): HttpBody {
  const end = payload.payloadCaptured
  const format = formatAt(payload, from)
  const isText = format === 'text' || format === 'script'
  const text = isText ? textAt(payload, from, end, LONGEST_TEXT) : ''
  return { kind: 'http-body', isFromResponder, format, text }
}

/** Returns where a chunked body's own bytes begin, behind the first chunk's length (RFC 9112 §7.1). */
export function afterChunkLength(payload: Payload, from: number): number {
  const feed = findByte(payload, 0x0a, from, from + 12)
  return feed < 0 ? from : feed + 1
}

function formatAt(payload: Payload, from: number): HttpBody['format'] {
  const first = byteAt(payload, from)
  if (first === 0x4d && isProgram(payload, from)) return 'pe'
  if (startsWith(payload, ELF, from)) return 'elf'
  // Mach-O's fat binaries begin alike, but count few architectures where a class has its version.
  if (startsWith(payload, JAVA_CLASS, from) && byteAt(payload, from + 7) >= 45) return 'java-class'
  if (startsWith(payload, SCRIPT, from)) return 'script'
  const end = Math.min(from + LOOKED_AT, payload.payloadCaptured)
  for (let at = from; at < end; at += 1) {
    const byte = byteAt(payload, at)
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return 'binary'
  }
  return 'text'
}

/** DOS's mark alone is two letters; the header it points to makes it sure, where it was captured. */
function isProgram(payload: Payload, from: number): boolean {
  if (byteAt(payload, from + 1) !== 0x5a) return false
  const header = uint32LittleAt(payload, from + PE_AT)
  if (header > 0 && header < 0x1000 && startsWith(payload, PE, from + header)) return true
  // Where the header lies in a later segment: pages of the last block, and relocations, are small numbers.
  return header >= 0x40 && header < 0x1000 && uint16LittleAt(payload, from + 2) < 512
}
