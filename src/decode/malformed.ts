/** Numbers for the reasons, so that the hot path stores an integer and never a string. */
import { MALFORMED_REASONS, type MalformedReason } from './packet.ts'

/** Returns the number under which `Packet.malformed` carries a reason; look it up once, at load. */
export function malformedIndex(reason: MalformedReason): number {
  return MALFORMED_REASONS.indexOf(reason)
}
