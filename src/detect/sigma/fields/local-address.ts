/** Which addresses are no part of the internet: private, link-local, loopback, shared, multicast. */

/** RFC 1918, 6598, 3927, 1122, 5771; 0.0.0.0/8 and 240.0.0.0/4 hold what hosts say before they have an address. */
const LOCAL_V4: readonly (readonly [network: number, prefix: number])[] = [
  [0x0a000000, 8],
  [0xac100000, 12],
  [0xc0a80000, 16],
  [0x64400000, 10],
  [0xa9fe0000, 16],
  [0x7f000000, 8],
  [0x00000000, 8],
  [0xe0000000, 3],
]

/** Says whether the address whose four words begin at `at` is local. */
export function isLocal(ipVersion: number, words: Int32Array, at: number): boolean {
  if (ipVersion === 4) {
    const address = words[at + 3]!
    return LOCAL_V4.some(([network, prefix]) => (address ^ network) >>> (32 - prefix) === 0)
  }
  // Global unicast is 2000::/3 alone (RFC 4291 §2.4); the rest is local, multicast or not given out.
  return words[at]! >>> 29 !== 1
}
