/** The hosts that rules spoke of: they must not teach a model what is usual, nor be told of twice. */
import { addressKey, type LiveFlow } from '../../../flow/index.ts'
import { parseAddress } from '../../../net/address.ts'
import type { Detection } from '../../detection.ts'

const MAXIMUM_SUSPECTS = 4096

/** A bounded set of addresses; when it is full the oldest go first. */
export class Suspects {
  readonly #keys = new Set<number>()

  /** Notes whom the detection names: the attacker, and the misused host. */
  add(detection: Detection): void {
    for (const text of [detection.attacker, detection.host]) {
      const address = text === null ? null : parseAddress(text)
      if (address !== null) this.#remember(addressKey(address.family, address.words))
    }
  }

  /** Says whether either end of the flow is suspect. */
  has(flow: LiveFlow): boolean {
    if (this.#keys.size === 0) return false
    return this.#keys.has(flow.originatorKey) || this.#keys.has(flow.responderKey)
  }

  #remember(key: number): void {
    this.#keys.delete(key)
    this.#keys.add(key)
    if (this.#keys.size <= MAXIMUM_SUSPECTS) return
    const [oldest] = this.#keys
    this.#keys.delete(oldest!)
  }
}
