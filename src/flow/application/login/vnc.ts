/** VNC (RFB, RFC 6143 §7.1.1): recognised only. */
import { pattern, startsWith, type Payload } from '../payload.ts'

const BANNER = pattern('RFB 0')

/** The version line with which both sides begin. */
export function isVnc(payload: Payload): boolean {
  return startsWith(payload, BANNER)
}
