/** The hosts that rules spoke of: they must not teach a model what is usual, nor be told of twice. */
import { parseAddress } from '../../../net/address.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'

const MAXIMUM_SUSPECTS = 4096

/** A bounded set of addresses; when it is full the oldest go first. */
export class Suspects {
  readonly #ipv4 = new Set<number>()
  readonly #ipv6 = new Set<string>()

  /** Notes whom the detection names: the attacker, and the misused host. */
  add(detection: Detection): void {
    for (const text of [detection.attacker, detection.host]) {
      const address = text === null ? null : parseAddress(text)
      if (address?.family === 4) remember(this.#ipv4, address.words[3])
      else if (address && text !== null) remember(this.#ipv6, text)
    }
  }

  /** Says whether either end of the flow is suspect. */
  has(flow: LiveFlow): boolean {
    if (flow.ipVersion === 4) {
      if (this.#ipv4.size === 0) return false
      return this.#ipv4.has(flow.originatorKey) || this.#ipv4.has(flow.responderKey)
    }
    // IPv6 keys are hashed with the sensor's seed, so only the text can be compared.
    if (this.#ipv6.size === 0) return false
    return this.#ipv6.has(flow.originatorAddress()) || this.#ipv6.has(flow.responderAddress())
  }
}

function remember<Key>(keys: Set<Key>, key: Key): void {
  keys.delete(key)
  if (keys.size >= MAXIMUM_SUSPECTS) {
    for (const oldest of keys) {
      keys.delete(oldest)
      break
    }
  }
  keys.add(key)
}
