/** Keeps what would be blocked in memory and enforces nothing: for trying out, and hosts without iptables. */
import type { Clock } from '../../core/clock.ts'
import { entryKey, type Firewall, type FirewallEntry, type HeldEntry } from '../firewall.ts'

interface DryEntry {
  readonly entry: FirewallEntry
  readonly expiresAtMs: number | null
}

/** Opens a firewall that forgets all at the process's end, as a reboot would. */
export function createDryRunFirewall(clock: Clock): Firewall {
  const held = new Map<string, DryEntry>()
  const put = (entry: FirewallEntry): void => {
    const { remainingSeconds } = entry
    const expiresAtMs = remainingSeconds === null ? null : clock.nowMs() + remainingSeconds * 1000
    held.set(entryKey(entry), { entry, expiresAtMs })
  }
  return {
    name: 'dry-run',
    ipv6Problem: null,
    capacity: null,
    synchronise: async (entries) => {
      held.clear()
      entries.forEach(put)
    },
    add: async (entries) => entries.forEach(put),
    remove: async (entries) => entries.forEach((entry) => held.delete(entryKey(entry))),
    list: async () => listUnexpired(held, clock.nowMs()),
    isIntact: async () => true,
    teardown: async () => held.clear(),
  }
}

function listUnexpired(held: ReadonlyMap<string, DryEntry>, nowMs: number): HeldEntry[] {
  return [...held.values()].flatMap(({ entry, expiresAtMs }) => {
    if (expiresAtMs !== null && expiresAtMs <= nowMs) return []
    const remainingSeconds = expiresAtMs === null ? null : Math.ceil((expiresAtMs - nowMs) / 1000)
    return [{ ...entry, remainingSeconds, packets: 0, bytes: 0 }]
  })
}
