/** What people name as target of an order. */
import { PicketError } from '../../core/errors.ts'
import { parseCidr } from '../../net/cidr.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A mistyped address is worth saying so at once, whether or not an agent runs. */
export function requireTarget(target: string): string {
  if (parseCidr(target) !== null) return target
  throw mistyped(target, 'neither an address nor a range in CIDR notation')
}

/** What is no target where an id will do as well, of a block or an entry, must be one. */
export function requireId(text: string): string {
  if (UUID.test(text)) return text
  throw mistyped(text, 'no address, no range in CIDR notation and no id')
}

function mistyped(target: string, what: string): PicketError {
  return new PicketError('ERR_USAGE', `${JSON.stringify(target)} is ${what}`, {
    hint: 'write it like 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/64',
  })
}
