/** The network interfaces of this host: which exist, which are up, which a configuration means. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import { PicketError } from '../core/errors.ts'
import { chooseAutomatic, type Choice, type NetworkLink } from './automatic-interfaces.ts'

/** Flags of net_device (linux/if.h). */
const IFF_UP = 0x1
const IFF_LOOPBACK = 0x8
const IFF_NOARP = 0x80
const IFF_MASTER = 0x400
const VRF = IFF_NOARP | IFF_MASTER

/** How sysfs names what an interface stands on. */
const LOWER = 'lower_'

/** The name in a configuration for what Picket chooses itself. */
export const AUTOMATIC = 'auto'

/** libpcap's name for all interfaces at once. */
const ANY = 'any'

/** IFNAMSIZ less its end; no leading dash, or tcpdump would take the name for an option. */
const INTERFACE_NAME = /^[^\s/:-][^\s/:]{0,14}$/u

/**
 * Expands the configured names: `auto` becomes what `automaticChoices` takes.
 *
 * Shape: each name once, in the order given.
 * Errors: `ERR_CAPTURE_OPEN` for a name that this host does not have, listing those that it has.
 */
export function captureInterfaces(configured: readonly string[]): string[] {
  const names = configured.flatMap((name) => (name === AUTOMATIC ? automaticInterfaces() : [name]))
  for (const name of names) requireInterface(name)
  return [...new Set(names)]
}

/**
 * Checks a name that will be handed to a capture driver.
 *
 * Errors: `ERR_CAPTURE_OPEN` when it is no interface name or this host has no such interface.
 */
export function requireInterface(name: string): void {
  const existing = existingInterfaces()
  if (INTERFACE_NAME.test(name) && (name === ANY || existing.includes(name))) return
  throw new PicketError('ERR_CAPTURE_OPEN', `there is no interface ${JSON.stringify(name)}`, {
    hint: `capture.interfaces may name ${[...existing, ANY].join(', ')}, or auto`,
  })
}

/**
 * Lists the interfaces of this process's network namespace.
 *
 * /proc/net follows the namespace of the process; /sys/class/net shows that of whoever mounted /sys.
 */
function existingInterfaces(): string[] {
  const [, , ...lines] = readFileSync('/proc/net/dev', 'utf8').trimEnd().split('\n')
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim())
}

/** Says whether frames can pass the interface, as far as this host decides that. */
export function isUp(name: string): boolean {
  return name === ANY || (interfaceFlags(name, networkInterfaces()) & IFF_UP) !== 0
}

/** Lists the interfaces that are up, loopback left out, and why `auto` does not take some. */
export function automaticChoices(): readonly Choice[] {
  // Once for all: a host of containers has hundreds.
  const addresses = networkInterfaces()
  return chooseAutomatic(existingInterfaces().flatMap((name) => linkOf(name, addresses) ?? []))
}

function automaticInterfaces(): string[] {
  return automaticChoices().flatMap(({ name, leftOut }) => (leftOut === null ? [name] : []))
}

type Addresses = ReturnType<typeof networkInterfaces>

/** Describes an interface; null for one that went while it was looked at, as those of containers do all the time. */
export function linkOf(
  name: string,
  addresses: Addresses,
  folder = `/sys/class/net/${name}`,
): NetworkLink | null {
  try {
    return describedLink(name, addresses, folder)
  } catch {
    return null
  }
}

function describedLink(name: string, addresses: Addresses, folder: string): NetworkLink {
  const entries = existsSync(folder) ? readdirSync(folder) : []
  const flags = interfaceFlags(name, addresses)
  return {
    name,
    isUp: (flags & IFF_UP) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    kind: (flags & VRF) === VRF ? 'vrf' : kindOf(folder, entries),
    isDevice: entries.includes('device'),
    hasAddress: (addresses[name] ?? []).some(({ scopeid }) => !scopeid),
    master: entries.includes('master') ? basename(readlinkSync(`${folder}/master`)) : null,
    lowers: entries.flatMap((entry) =>
      entry.startsWith(LOWER) ? [entry.slice(LOWER.length)] : [],
    ),
  }
}

function kindOf(folder: string, entries: readonly string[]): string | null {
  if (entries.includes('bridge')) return 'bridge'
  if (entries.includes('bonding')) return 'bond'
  if (!entries.includes('uevent')) return null
  return /^DEVTYPE=(.+)$/m.exec(readFileSync(`${folder}/uevent`, 'utf8'))?.[1] ?? null
}

function interfaceFlags(name: string, addresses: Addresses): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8'))
  } catch {
    // /sys is of another namespace: the operating system's list holds those that are up and have an address.
    const own = addresses[name]
    if (!own) return 0
    return own.some((address) => address.internal) ? IFF_UP | IFF_LOOPBACK : IFF_UP
  }
}
