/** The addresses of this host, as far as the agent's network namespace has them. */
import { networkInterfaces } from 'node:os'
import { canonicalAddress } from '../net/address.ts'

const LOOK_EVERY_MS = 5_000

export class OwnAddresses {
  #addresses = new Set<string>()
  #lookedAtMs = -Infinity

  has(address: string): boolean {
    if (performance.now() - this.#lookedAtMs >= LOOK_EVERY_MS) this.#look()
    // All of 127.0.0.0/8 is the host's own, though only one address of it is written down.
    return this.#addresses.has(address) || address.startsWith('127.')
  }

  #look(): void {
    this.#lookedAtMs = performance.now()
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    this.#addresses = new Set(all.map(({ address }) => canonicalAddress(address) ?? address))
  }
}
