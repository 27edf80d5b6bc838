/**
 * Reads who the host says is logged in from afar: logind's session files and utmp.
 *
 * An agent without root can't look into sshd's processes, and under `ProtectProc=` it doesn't even see
 * them; these records are open to everybody. Source: utmp(5); sd-login's /run/systemd/sessions.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalAddress, formatIpv4Word, formatIpv6Words } from '../../net/address.ts'
import { readOrEmpty } from '../process-sockets.ts'

const UTMP_RECORD_BYTES = 384
const TYPE_OFFSET = 0
const PID_OFFSET = 4
const ADDRESS_OFFSET = 348
const USER_PROCESS = 7
const MAX_SESSION_FILES = 4096

/** Returns the addresses from which users are logged in; `root` stands before every path. */
export async function readLoginRecords(root = '/'): Promise<readonly string[]> {
  const [sessions, utmp] = await Promise.all([
    readSessions(join(root, 'run/systemd/sessions')),
    readFile(join(root, 'run/utmp')).catch(() => Buffer.alloc(0)),
  ])
  return [...new Set([...sessions.flatMap(addressOfSession), ...addressesOfUtmp(utmp)])]
}

async function readSessions(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => !name.endsWith('.ref')).slice(0, MAX_SESSION_FILES)
  return Promise.all(files.map((name) => readOrEmpty(join(folder, name))))
}

/** A session that is closing has no user any more. */
function addressOfSession(text: string): string[] {
  if (/^STATE=closing$/m.test(text)) return []
  const host = /^REMOTE_HOST=(.*)$/m.exec(text)?.[1] ?? ''
  return [canonicalAddress(host)].filter((address) => address !== null)
}

function addressesOfUtmp(utmp: Buffer): string[] {
  const addresses: string[] = []
  for (let at = 0; at + UTMP_RECORD_BYTES <= utmp.length; at += UTMP_RECORD_BYTES) {
    if (utmp.readInt16LE(at + TYPE_OFFSET) !== USER_PROCESS) continue
    if (!isAlive(utmp.readInt32LE(at + PID_OFFSET))) continue
    const address = utmpAddress(utmp, at + ADDRESS_OFFSET)
    if (address !== null) addresses.push(address)
  }
  return addresses
}

/** Four words in network order; IPv4 sits in the first alone. All zero for a local login. */
function utmpAddress(utmp: Buffer, at: number): string | null {
  const word = (index: number): number => utmp.readUInt32BE(at + index * 4)
  const [a, b, c, d] = [word(0), word(1), word(2), word(3)]
  if (b === 0 && c === 0 && d === 0) return a === 0 ? null : formatIpv4Word(a)
  return canonicalAddress(formatIpv6Words(a, b, c, d))
}

/** A login whose process is gone was not written off; signal 0 tells without the right to send any. */
function isAlive(pid: number): boolean {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
