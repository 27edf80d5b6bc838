/** What the kernel lets this process do, by its effective capabilities (capabilities(7)). */
import { readFileSync } from 'node:fs'

/** Bits of linux/capability.h. */
const CAP_KILL = 5
const CAP_SETGID = 6
const CAP_SETUID = 7
const CAP_NET_RAW = 13

/**
 * Says whether this process may open a packet socket: root with its powers, or CAP_NET_RAW.
 *
 * A tcpdump that carries file capabilities could capture where this says no.
 */
export function canCapture(): boolean {
  return hasCapabilities(CAP_NET_RAW)
}

/** Says whether a child may become another user and still be signalled by this process. */
export function canDropPrivileges(): boolean {
  return process.getuid?.() === 0 && hasCapabilities(CAP_SETUID, CAP_SETGID, CAP_KILL)
}

/** Says whether the host's own user table names this user. */
export function userExists(user: string): boolean {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .some((line) => line.startsWith(`${user}:`))
}

function hasCapabilities(...bits: readonly number[]): boolean {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return bits.every((bit) => ((effective >> BigInt(bit)) & 1n) === 1n)
}
