/** MAC addresses as 48-bit integers: printing, and those that stand for no single machine. */

const VENDOR = 2 ** 24
/** Virtual routers move from machine to machine by design: VRRP and CARP (RFC 9568), HSRP, HSRPv2, GLBP. */
const VIRTUAL_32 = new Set([0x00005e00, 0x0007b400])
const VIRTUAL_40 = new Set([0x00000c07ac])
const VIRTUAL_36 = 0x00000c9ff

/** Who makes the cards of virtual machines: QEMU, VirtualBox, VMware, Xen, Hyper-V, Parallels, Docker. */
const HYPERVISORS = new Set([
  0x525400, 0x080027, 0x0a0027, 0x000c29, 0x005056, 0x000569, 0x001c14, 0x00163e, 0x00155d, 0x001c42, 0x0242ac,
]) // prettier-ignore

/** Prints `00:11:22:33:44:55`. */
export function formatMac(mac: number): string {
  return mac.toString(16).padStart(12, '0').replace(/..(?=.)/g, '$&:') // prettier-ignore
}

/** Says whether a MAC can be that of one network card: neither a group's nor empty. */
export function isStation(mac: number): boolean {
  return mac !== 0 && (Math.floor(mac / 2 ** 40) & 1) === 0
}

/** Says whether a MAC is that of a virtual router. */
export function isVirtual(mac: number): boolean {
  return (
    VIRTUAL_32.has(Math.floor(mac / 2 ** 16)) ||
    VIRTUAL_40.has(Math.floor(mac / 2 ** 8)) ||
    Math.floor(mac / 2 ** 12) === VIRTUAL_36
  )
}

/** Says whether the lower half of an IPv6 address, as two signed words, is made of a MAC (RFC 4291 appendix A). */
export function isMadeOf(mac: number, word2: number, word3: number): boolean {
  const vendor = Math.floor(mac / VENDOR)
  const card = mac % VENDOR
  const upper = (vendor ^ 0x02_0000) * 2 ** 8 + 0xff
  return upper === word2 >>> 0 && 0xfe * VENDOR + card === word3 >>> 0
}

/** Says whether two cards are of one make, as the cards of one machine mostly are. All virtual machines' are. */
export function isSameVendor(one: number, other: number): boolean {
  const vendor = Math.floor(one / VENDOR)
  return vendor === Math.floor(other / VENDOR) && !HYPERVISORS.has(vendor)
}
