/**
 * NTLM's third message (MS-NLMP §2.2.1.3): who logs in from where. Hashes and keys are passed over. Of the second
 * (§2.2.1.2), the challenge, which is made anew for each login.
 */
import { byteAt, hexAt, pattern, textAt, uint16LittleAt, uint32LittleAt, utf16TextAt, startsWith, type Payload } from '../payload.ts' // prettier-ignore

const SIGNATURE = pattern('NTLMSSP\0')
const CHALLENGE = 2
const CHALLENGE_AT = 24
const CHALLENGE_BYTES = 8
const AUTHENTICATE = 3
const DOMAIN_FIELDS = 28
const USER_FIELDS = 36
const WORKSTATION_FIELDS = 44
const FLAGS = 60
const UNICODE = 1
const LONGEST_NAME = 104
/** How far into a security token the message may begin: SPNEGO puts a little ASN.1 before it. */
const SEARCHED_BYTES = 256

export interface NtlmLogin {
  /** `DOMAIN\user`, or the user alone; null for an anonymous login. */
  readonly user: string | null
  readonly workstation: string | null
}

/** Finds the login in a security token; null when there is none. */
export function readNtlmLogin(payload: Payload, from: number): NtlmLogin | null {
  const at = messageAt(payload, from, FLAGS + 4)
  if (at < 0 || uint32LittleAt(payload, at + 8) !== AUTHENTICATE) return null
  const isUnicode = (byteAt(payload, at + FLAGS) & UNICODE) !== 0
  const domain = fieldAt(payload, at, DOMAIN_FIELDS, isUnicode)
  const user = fieldAt(payload, at, USER_FIELDS, isUnicode)
  const workstation = fieldAt(payload, at, WORKSTATION_FIELDS, isUnicode)
  const name = domain === '' ? user : `${domain}\\${user}`
  return { user: user === '' ? null : name, workstation: workstation || null }
}

/** Finds the challenge in a server's security token, in hexadecimal; null when there is none. */
export function readNtlmChallenge(payload: Payload, from: number): string | null {
  const at = messageAt(payload, from, CHALLENGE_AT + CHALLENGE_BYTES)
  if (at < 0 || uint32LittleAt(payload, at + 8) !== CHALLENGE) return null
  return hexAt(payload, at + CHALLENGE_AT, at + CHALLENGE_AT + CHALLENGE_BYTES)
}

/** Where the first message begins that has at least so many bytes; -1 where none does. */
function messageAt(payload: Payload, from: number, bytes: number): number {
  const last = Math.min(from + SEARCHED_BYTES, payload.payloadCaptured - bytes)
  for (let at = from; at <= last; at += 1) {
    if (byteAt(payload, at) === SIGNATURE[0] && startsWith(payload, SIGNATURE, at)) return at
  }
  return -1
}

/** A field: its length, its room, its place from the message's beginning. */
function fieldAt(payload: Payload, at: number, field: number, isUnicode: boolean): string {
  const length = uint16LittleAt(payload, at + field)
  const from = at + uint32LittleAt(payload, at + field + 4)
  if (length <= 0 || from < at || from + length > payload.payloadCaptured) return ''
  const read = isUnicode ? utf16TextAt : textAt
  return read(payload, from, from + length, LONGEST_NAME)
}
