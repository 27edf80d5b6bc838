/** ERSPAN, by which switches mirror Ethernet frames in GRE: types I, II and III (draft-foschiano-erspan-03 §4). */
import { Tunnel, type Packet } from '../packet.ts'
import { enterEthernet } from './enter-tunnel.ts'

const TYPE_2_LENGTH = 8
const TYPE_2_VERSION = 1
const TYPE_3_LENGTH = 12
const TYPE_3_VERSION = 2
/** Type III's last octet tells whether this much of the platform's own comes behind its header. */
const TYPE_3_LAST = 11
const HAS_PLATFORM = 0x01
const PLATFORM_LENGTH = 8

/** Opens the frame behind GRE's header; type I has no header of its own, and GRE then no sequence number. */
export function openErspan(packet: Packet, greLength: number, hasSequence: boolean): boolean {
  if (!hasSequence) return enterEthernet(packet, Tunnel.GRE, greLength)
  if (!hasHeader(packet, greLength, TYPE_2_LENGTH, TYPE_2_VERSION)) return false
  return enterEthernet(packet, Tunnel.GRE, greLength + TYPE_2_LENGTH)
}

/** Opens the frame behind GRE's and type III's header. */
export function openErspan3(packet: Packet, greLength: number): boolean {
  if (!hasHeader(packet, greLength, TYPE_3_LENGTH, TYPE_3_VERSION)) return false
  const last = packet.buffer[packet.payloadOffset + greLength + TYPE_3_LAST]!
  const platform = (last & HAS_PLATFORM) !== 0 ? PLATFORM_LENGTH : 0
  return enterEthernet(packet, Tunnel.GRE, greLength + TYPE_3_LENGTH + platform)
}

function hasHeader(packet: Packet, at: number, length: number, version: number): boolean {
  if (packet.payloadCaptured < at + length) return false
  return packet.buffer[packet.payloadOffset + at]! >>> 4 === version
}
