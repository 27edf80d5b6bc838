/**
 * Passwords that makers of cameras, recorders and routers once gave all their devices, and that nobody else thinks of.
 *
 * Bots try a few of them at each door and go on to the next: too few guesses to count, were they any others.
 * Source: the table of Mirai's scanner (2016) and of its descendants. Left out: what people choose too (admin, 1234).
 */
import { secretDigestOf } from '../../../flow/index.ts'

const PASSWORDS = [
  '7ujMko0admin', '7ujMko0vizxv', 'GM8182', 'OxhlwSG8', 'S2fGqNFs', 'Win1doW$', 'Zte521',
  'antslq', 'cat1029', 'dreambox', 'hi3518', 'hslwificam', 'hunt5759', 'ikwb', 'jauntech', 'juantech', 'jvbzd', 'klv123',
  'klv1234', 'meinsm', 'nmgx_wapia', 'oelinux123', 'realtek', 'smcadmin', 'taZz@23495859', 'telecomadmin', 'tlJwpbo6',
  'tsgoingon', 'twe8ehome', 'vizxv', 'xc3511', 'xmhdipc', 'zlxx.', 'zsun1188', 'zyad1234',
] // prettier-ignore

/** So many different ones are no coincidence. */
export const ENOUGH_OF_FACTORIES = 3

/** Their digests, as logins carry them; call it once, since a digest is of this process alone. */
export function factoryDigests(): ReadonlySet<number> {
  return new Set(PASSWORDS.map(secretDigestOf))
}
