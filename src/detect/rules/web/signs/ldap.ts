/** Signs of LDAP injection (CWE-90; RFC 4515): a value that closes the filter it is put into. Values are decoded and in lower case. */
import type { Sign } from './sign.ts'

export const LDAP_GATE = /\)\(/

/** A whole filter, as directories' own consoles send it, opens before it closes. */
export const LDAP_SIGNS: readonly Sign[] = [
  {
    name: 'closesTheFilter',
    weight: 4,
    pattern: /^[^()]{0,64}\)\((?:[|&!]\s*\(?|[a-z][\w-]{0,40}\s*[~<>]?=)/,
  },
]
