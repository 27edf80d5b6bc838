/** Whether an interface is still there, and whether it was taken down. */
import { readFileSync } from 'node:fs'
import { interfaceCounters } from './interface-counters.ts'

/** libpcap's name for all interfaces at once: always there, always up. */
const ANY = 'any'
/** linux/if.h */
const IFF_UP = 0x1

/** Says whether the host has no such interface (any more). */
export function isInterfaceGone(name: string): boolean {
  if (name === ANY) return false
  const counters = interfaceCounters(readFileSync('/proc/net/dev', 'utf8'))
  return !counters.some((of) => of.interface === name)
}

/**
 * Says whether somebody took the interface down. One that is up without a cable or a peer is not down:
 * nothing passes it that could be missed.
 */
export function isInterfaceDown(name: string): boolean {
  if (name === ANY) return false
  try {
    return (Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8')) & IFF_UP) === 0
  } catch {
    // It is gone, which its sensor tells, or /sys is of another network namespace and tells nothing.
    return false
  }
}
