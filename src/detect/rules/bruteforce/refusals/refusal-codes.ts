/**
 * Which refusals are of a user or password. Servers refuse for other reasons, too: hours, machines, clocks, a
 * password that was right but has expired.
 */
import type { Application } from '../../../../flow/flow.ts'

/** By application; one that is not here has no other refusals among its facts. */
const CODES: Partial<Record<Application, ReadonlySet<string>>> = {
  // MS-ERREF §2.3.1: no such user, wrong password, logon failure, restriction, disabled, locked out.
  smb: new Set([
    '0xc0000064',
    '0xc000006a',
    '0xc000006d',
    '0xc000006e',
    '0xc0000072',
    '0xc0000234',
  ]),
  // RFC 4120 §7.5.9: unknown client, locked or disabled, pre-authentication failed.
  kerberos: new Set(['6', '18', '24']),
}

/** Says whether the code is of a refused guess. */
export function isCredentialRefusal(application: Application, code: string | null): boolean {
  const codes = CODES[application]
  return codes === undefined || code === null || codes.has(code)
}
