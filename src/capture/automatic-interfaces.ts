/**
 * Which interfaces `auto` captures on: those by which this host's own traffic passes, each packet by one.
 *
 * A host of containers has dozens of interfaces, and most packets cross several of them: capturing on all would
 * cost a sensor each and tell everything twice.
 */

/** An interface as the kernel describes it. */
export interface NetworkLink {
  readonly name: string
  readonly isUp: boolean
  readonly isLoopback: boolean
  /** `bridge`, `bond`, `vrf`, or the kernel's DEVTYPE, such as `vlan`; null for what has none, as Ethernet cards. */
  readonly kind: string | null
  /** It stands for hardware, real or a hypervisor's. */
  readonly isDevice: boolean
  /** It has an address that others reach beyond the link. */
  readonly hasAddress: boolean
  /** What it is a port of; null where of nothing. */
  readonly master: string | null
  /** What it stands on, as a VLAN does on a card; of a bridge and a bond their ports. */
  readonly lowers: readonly string[]
}

/** An interface that is up. */
export interface Choice {
  readonly name: string
  /** Why it is left out; null where it is taken. */
  readonly leftOut: string | null
  /** As of NetworkLink: one that does not comes and goes in the ordinary course of things. */
  readonly isDevice: boolean
}

/** Each costs a process or two; a dial-in server has an interface a caller. */
export const MOST_AUTOMATIC = 8

/** Upper interfaces whose every frame passes the one they stand on, in the clear. */
const STACKED = new Set(['vlan', 'macvlan', 'ipvlan'])

/**
 * Chooses among what is up, loopback left out: at most `MOST_AUTOMATIC`, hardware first. Where no interface would
 * remain, all count as fit.
 */
export function chooseAutomatic(links: readonly NetworkLink[]): readonly Choice[] {
  const candidates = links.filter(({ isUp, isLoopback }) => isUp && !isLoopback)
  const byName = new Map(candidates.map((link) => [link.name, link]))
  const judged = candidates.map((link): Choice => {
    const { name, isDevice } = link
    return { name, isDevice, leftOut: reasonToLeaveOut(link, byName) }
  })
  const areFit = judged.some(({ leftOut }) => leftOut === null)
  return cappedToMost(areFit ? judged : judged.map((one) => ({ ...one, leftOut: null })))
}

function cappedToMost(choices: readonly Choice[]): readonly Choice[] {
  const fit = choices.filter(({ leftOut }) => leftOut === null)
  const byRank = [...fit].sort((a, b) => Number(b.isDevice) - Number(a.isDevice))
  const beyond = new Set(byRank.slice(MOST_AUTOMATIC))
  const leftOut = `beyond the ${MOST_AUTOMATIC} that auto takes`
  return choices.map((one) => (beyond.has(one) ? { ...one, leftOut } : one))
}

function reasonToLeaveOut(
  link: NetworkLink,
  byName: ReadonlyMap<string, NetworkLink>,
): string | null {
  const { kind, master, lowers } = link
  const above = master === null ? undefined : byName.get(master)
  if (above !== undefined && above.kind !== 'vrf') return `a port of ${above.name}`
  if (kind === 'vrf') return 'a VRF, whose interfaces are looked at themselves'
  if (kind !== null && STACKED.has(kind)) {
    const carrier = lowers.find((lower) => byName.has(lower))
    if (carrier !== undefined) return `carried by ${carrier}`
  }
  if (kind === 'bridge') {
    return lowers.some((port) => isHardware(byName.get(port))) ? null : 'a bridge within this host'
  }
  if (isHardware(link) || link.hasAddress) return null
  return 'a virtual interface without an address'
}

/** A bridge over a VLAN is none by this: what leaves it passes the card below, tagged. */
function isHardware(link: NetworkLink | undefined): boolean {
  return link !== undefined && (link.isDevice || link.kind === 'bond')
}
