/** The addresses of this host, as far as the agent's network namespace has them. */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { canonicalAddress, formatIpv4Word, parseAddress } from '../net/address.ts'

const LOOK_EVERY_MS = 5_000
/** Multicast, and the broadcast of whatever network (RFC 1112 §4, RFC 4291 §2.7, RFC 919 §7). */
const TO_MANY = /^(?:2(?:2[4-9]|3\d)\.|ff|255\.255\.255\.255$)/

export class OwnAddresses {
  #addresses = new Set<string>()
  #broadcasts = new Set<string>()
  #lookedAtMs = -Infinity

  has(address: string): boolean {
    this.#lookIfDue()
    // All of 127.0.0.0/8 is the host's own, though only one address of it is written down.
    return this.#addresses.has(address) || address.startsWith('127.')
  }

  /** Says whether a socket for all addresses takes what goes there: to this host, or to many of which it is one. */
  hears(address: string): boolean {
    return this.has(address) || this.#broadcasts.has(address) || TO_MANY.test(address)
  }

  #lookIfDue(): void {
    if (performance.now() - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = performance.now()
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    this.#addresses = new Set(all.map(({ address }) => canonicalAddress(address) ?? address))
    this.#broadcasts = new Set(all.map(broadcastOf).filter((address) => address !== null))
  }
}

/** Null for IPv6, which has none. */
function broadcastOf({ family, address, netmask }: NetworkInterfaceInfo): string | null {
  if (family !== 'IPv4') return null
  const [own, mask] = [parseAddress(address), parseAddress(netmask)]
  return own === null || mask === null
    ? null
    : formatIpv4Word((own.words[3] | ~mask.words[3]) >>> 0)
}
