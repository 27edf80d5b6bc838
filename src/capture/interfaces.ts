/** The network interfaces of this host: which exist, which are up, which a configuration means. */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { PicketError } from '../core/errors.ts'

/** Flags of net_device (linux/if.h). */
const IFF_UP = 0x1
const IFF_LOOPBACK = 0x8

/** libpcap's name for all interfaces at once. */
const ANY = 'any'

/** IFNAMSIZ less its end; no leading dash, or tcpdump would take the name for an option. */
const INTERFACE_NAME = /^[^\s/:-][^\s/:]{0,14}$/u

/**
 * Expands the configured names: `auto` becomes every interface that is up, loopback left out.
 *
 * Shape: each name once, in the order given.
 * Errors: `ERR_CAPTURE_OPEN` for a name that this host does not have, listing those that it has.
 */
export function captureInterfaces(configured: readonly string[]): string[] {
  const names = configured.flatMap((name) => (name === 'auto' ? upInterfaces() : [name]))
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
export function existingInterfaces(): string[] {
  const [, , ...lines] = readFileSync('/proc/net/dev', 'utf8').trimEnd().split('\n')
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim())
}

/** Says whether frames can pass the interface, as far as this host decides that. */
export function isUp(name: string): boolean {
  return name === ANY || (interfaceFlags(name) & IFF_UP) !== 0
}

function upInterfaces(): string[] {
  return existingInterfaces().filter(
    (name) => isUp(name) && (interfaceFlags(name) & IFF_LOOPBACK) === 0,
  )
}

function interfaceFlags(name: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8'))
  } catch {
    // /sys is of another namespace: the operating system's list holds those that are up and have an address.
    const addresses = networkInterfaces()[name]
    if (!addresses) return 0
    return addresses.some((address) => address.internal) ? IFF_UP | IFF_LOOPBACK : IFF_UP
  }
}
