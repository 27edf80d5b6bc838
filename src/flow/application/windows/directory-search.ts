/**
 * What a search of a directory is after, by the words of its filter and the attributes that it asks for: those that whoever
 * looks for a way through a domain asks for (BloodHound, PowerView, ldapdomaindump, windapsearch, adfind).
 *
 * Source: MS-ADTS §3.1.1.3.4.4 (matching rules), MS-ADA1 to MS-ADA3 (attributes); the tools' own queries.
 */
import type { Payload } from '../payload.ts'

const DIRECTORY_AIMS = [
  'all-users', 'service-accounts', 'no-preauthentication', 'unconstrained-delegation', 'delegation', 'local-passwords', 'protected-accounts', 'permissions',
] as const // prettier-ignore
export type DirectoryAim = (typeof DIRECTORY_AIMS)[number]

const BITS = String.raw`1\.2\.840\.113556\.1\.4\.80[34].{0,4}useraccountcontrol.{0,4}`

/** In lower case; a character between two words is the length of the second, or its tag. */
const WORDS: Readonly<Record<DirectoryAim, RegExp>> = {
  'all-users': /samaccounttype.{2}805306368/s,
  'service-accounts': /\x87\x14serviceprincipalname|serviceprincipalname.{4}\*/s,
  'no-preauthentication': new RegExp(`${BITS}4194304`, 's'),
  'unconstrained-delegation': new RegExp(`${BITS}524288`, 's'),
  delegation: /msds-allowedto(?:delegateto|actonbehalf)/,
  'local-passwords': /ms-mcs-admpwd|mslaps-(?:encrypted)?password/,
  'protected-accounts': /admincount.{2}1/s,
  permissions: /ntsecuritydescriptor/,
}
const LONGEST = 4096

/** Returns what the search between the two places of a message is after; mostly nothing. */
export function directoryAims(payload: Payload, from: number, to: number): DirectoryAim[] {
  const end = Math.min(to, payload.payloadCaptured, from + LONGEST)
  const { buffer, payloadOffset } = payload
  const bytes = buffer.subarray(payloadOffset + from, payloadOffset + end)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').toLowerCase() // prettier-ignore
  return DIRECTORY_AIMS.filter((aim) => WORDS[aim].test(text))
}
