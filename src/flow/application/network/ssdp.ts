/** SSDP (UPnP Device Architecture 1.1 §1): recognised only. */
import type { Packet } from '../../../decode/index.ts'
import { pattern, startsWith, startsWithAny } from '../payload.ts'

const WORDS = ['M-SEARCH * HTTP/1.1', 'NOTIFY * HTTP/1.1'].map(pattern)
const ANSWER = pattern('HTTP/1.1 200 OK')
const PORT = 1900

/** A search or an announcement, or an answer from SSDP's port. */
export function isSsdp(packet: Packet): boolean {
  return startsWithAny(packet, WORDS) || (packet.sourcePort === PORT && startsWith(packet, ANSWER))
}
