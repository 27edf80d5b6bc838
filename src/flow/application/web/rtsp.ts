/** RTSP (RFC 7826): recognised only. */
import { pattern, startsWith, startsWithAny, type Payload } from '../payload.ts'

const VERSION = pattern('RTSP/')
const METHODS = ['DESCRIBE rtsp', 'SETUP rtsp', 'OPTIONS rtsp', 'PLAY rtsp'].map(pattern)

/** A status line, or a request for an rtsp URI. */
export function isRtsp(payload: Payload): boolean {
  return startsWith(payload, VERSION) || startsWithAny(payload, METHODS)
}
