/** What the kernel lets this process do, by its effective capabilities (capabilities(7)). */
import { readFileSync } from 'node:fs'
import { packagedFile } from '../core/files/package-root.ts'
import { unreadableBy, userNamed } from '../core/unix/users.ts'

/** Bits of linux/capability.h. */
const CAP_KILL = 5
const CAP_SETGID = 6
const CAP_SETUID = 7
const CAP_SETPCAP = 8
const CAP_NET_ADMIN = 12
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

/**
 * Says whether tcpdump would start: run by root it becomes another user, be it root itself, and ends where it may not.
 *
 * So it does in a container whose root has the rights over the network alone.
 */
export function mayStartTcpdump(): boolean {
  return process.getuid?.() !== 0 || hasCapabilities(CAP_SETUID, CAP_SETGID)
}

/** Says whether a child may become another user and be given the rights over the network, and no others. */
export function mayGiveNetworkRights(): boolean {
  return canDropPrivileges() && hasCapabilities(CAP_SETPCAP, CAP_NET_ADMIN, CAP_NET_RAW)
}

/**
 * Leaves root for good: this process, all its groups and capabilities with it, becomes `user`.
 *
 * What is open stays open, so that a capture goes on. Gives null when it is done or nobody was root, else
 * why it is not: a user that is null or not there, or who may not read the program that is yet to be loaded.
 */
export function leaveRoot(user: string | null): string | null {
  if (process.getuid?.() !== 0) return null
  if (user === null) return 'no user to become is configured'
  if (!canDropPrivileges()) return 'this root may not become another user'
  const found = userNamed(user)
  if (found === null) return `there is no user ${user}`
  const hidden = unreadableBy(found, [packagedFile('package.json'), process.execPath])
  if (hidden !== null) return `${user} may not read ${hidden}`
  process.setgroups!([found.gid])
  process.setgid!(found.gid)
  process.setuid!(found.uid)
  return null
}

/** Says whether the host's own user table names this user. */
export function userExists(user: string): boolean {
  return userNamed(user) !== null
}

function hasCapabilities(...bits: readonly number[]): boolean {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return bits.every((bit) => ((effective >> BigInt(bit)) & 1n) === 1n)
}
