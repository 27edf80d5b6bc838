/**
 * Programs that give themselves away by the GUID with which they negotiate SMB 2 (MS-SMB2 §2.2.3, §2.2.4).
 *
 * Sources: impacket/smb3.py, smbserver.py and ntlmrelayx (sixteen letters), Nmap's nselib/smb2.lua and Responder's
 * packets.py (one GUID for all). Windows, Samba and others draw theirs at random: sixteen letters never come by chance.
 */
import { byteAt, pattern, startsWith, type Payload } from '../../payload.ts'
import type { SmbTool } from '../facts.ts'

const GUID_BYTES = 16
const NMAP = pattern('1234567890123456')
const RESPONDER = pattern('\xee\x85\xab\xf7\xea\xf6\x0c\x4f\x92\x81\x92\x47\x6d\xeb\x76\xa9')
const UPPER_CASE = 0xdf
const A = 0x41
const Z = 0x5a

/** The tool whose GUID stands at `at`; null for everybody else. */
export function toolOfGuid(message: Payload, at: number): SmbTool['tool'] | null {
  if (message.payloadCaptured < at + GUID_BYTES) return null
  if (isLetters(message, at)) return 'Impacket'
  if (startsWith(message, NMAP, at)) return 'Nmap'
  return startsWith(message, RESPONDER, at) ? 'Responder' : null
}

function isLetters(message: Payload, at: number): boolean {
  for (let index = 0; index < GUID_BYTES; index += 1) {
    const letter = byteAt(message, at + index) & UPPER_CASE
    if (letter < A || letter > Z) return false
  }
  return true
}
