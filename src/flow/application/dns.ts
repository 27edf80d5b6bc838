/** DNS messages (RFC 1035 §4.1), by a header that makes sense; mDNS (RFC 6762) by its port as well. */
import type { Packet } from '../../decode/index.ts'
import { byteAt, uint16At } from './payload-text.ts'

const FLAGS = 2
const QUESTIONS = 4
const ANSWERS = 6
const AUTHORITIES = 8
const ADDITIONALS = 10
const HEADER_LENGTH = 12

const OPCODE_SHIFT = 11
/** Query, inverse query, status, notify, update (IANA dns-parameters). */
const OPCODES = 0b110111
const RESERVED_BIT = 0x40
const MOST_RECORDS = 128

/** Says whether the bytes from `skip` on read as a DNS message. */
export function looksLikeDns(packet: Packet, skip = 0): boolean {
  if (packet.payloadCaptured < skip + HEADER_LENGTH + 1) return false
  const flags = uint16At(packet, skip + FLAGS)
  if (((1 << ((flags >>> OPCODE_SHIFT) & 15)) & OPCODES) === 0) return false
  if ((flags & RESERVED_BIT) !== 0) return false
  const questions = uint16At(packet, skip + QUESTIONS)
  const answers = uint16At(packet, skip + ANSWERS)
  const authorities = uint16At(packet, skip + AUTHORITIES)
  const additionals = uint16At(packet, skip + ADDITIONALS)
  if (questions > 8 || questions + answers + authorities + additionals === 0) return false
  if (answers > MOST_RECORDS || authorities > MOST_RECORDS || additionals > MOST_RECORDS)
    return false
  return readsAsName(packet, skip + HEADER_LENGTH)
}

/** Walks the first name: labels of up to 63 bytes that end in a root or a pointer, or where capture ends. */
function readsAsName(packet: Packet, start: number): boolean {
  let at = start
  for (let labels = 0; labels < 128; labels += 1) {
    const length = byteAt(packet, at)
    if (length < 0) return packet.payloadLength > packet.payloadCaptured && labels > 0
    if (length === 0) return true
    if (length >= 0xc0) return labels > 0
    if (length > 63) return false
    at += length + 1
    if (at - start > 255) return false
  }
  return false
}
