/** How far a packet can be made sense of, before it is folded into its flow. */
import { malformedIndex, type Packet } from '../../decode/index.ts'

/** Of a payload that the capture cut, so many bytes tell the application for what it is. */
const LEAST_LEGIBLE = 64
const BAD_TOTAL_LENGTH = malformedIndex('ipv4-total-length')

/** Says whether the packet's receiver takes it; some take a wrong total length. */
export function isAcceptable(packet: Packet): boolean {
  return packet.malformed === 0 || packet.malformed === BAD_TOTAL_LENGTH
}

/** Says whether so little of the payload was captured that an application may go unrecognised. */
export function isCutShort({ payloadCaptured, payloadLength }: Packet): boolean {
  return payloadCaptured < payloadLength && payloadCaptured < LEAST_LEGIBLE
}

/** Says whether the payload can be read: of a later fragment it must be known where in the stream it belongs. */
export function isLegible(packet: Packet): boolean {
  return packet.payloadCaptured > 0 && (!packet.isLaterFragment || packet.isPlacedFragment)
}
