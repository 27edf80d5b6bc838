/** PPPoE session frames (RFC 2516 §4). Left out: discovery. */
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { cutPayload, skipHeader } from '../payload.ts'
import { decodePppProtocol } from './ppp.ts'

const VERSION_AND_TYPE = 0
const CODE = 1
const LENGTH = 4
/** The length counts what follows. */
const HEADER_LENGTH = 6
/** PPP's protocol. */
const LEAST_CONTENT = 2

const VERSION_1_TYPE_1 = 0x11
const SESSION_DATA = 0

const TRUNCATED = malformedIndex('link-truncated')
const BAD_HEADER = malformedIndex('pppoe-header')

/** Decodes what a PPPoE session frame carries. */
export function decodePppoe(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH + LEAST_CONTENT) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const length = HEADER_LENGTH + readUint16(buffer, at + LENGTH)
  const isSession =
    buffer[at + VERSION_AND_TYPE] === VERSION_1_TYPE_1 && buffer[at + CODE] === SESSION_DATA
  if (!isSession || length < HEADER_LENGTH + LEAST_CONTENT || length > packet.payloadLength) {
    packet.malformed = BAD_HEADER
    return
  }
  cutPayload(packet, length)
  skipHeader(packet, HEADER_LENGTH)
  decodePppProtocol(packet)
}
