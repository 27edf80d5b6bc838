/** What people name as target of an order. */
import { PicketError } from '../../core/errors.ts'
import { parseCidr } from '../../net/cidr.ts'

/** A mistyped address is worth saying so at once, whether or not an agent runs. */
export function requireTarget(target: string): string {
  if (parseCidr(target) !== null) return target
  throw new PicketError(
    'ERR_USAGE',
    `${JSON.stringify(target)} is neither an address nor a range in CIDR notation`,
    { hint: 'write it like 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/64' },
  )
}
