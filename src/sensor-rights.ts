/** What a sensor process may not inherit of the agent's rights. */
import { existsSync } from 'node:fs'

/** Part of util-linux, which every Debian has. */
const SETPRIV = '/usr/bin/setpriv'

/**
 * How Node is started so that a sensor, which only captures, does not inherit what an agent that is not root
 * has as ambient capabilities for the firewall and for finding processes (capabilities(7)). Root's sensors
 * leave root themselves.
 */
export function withFewerRights(nodeArguments: readonly string[]): {
  readonly execPath: string
  readonly execArgv: string[]
} {
  const plain = { execPath: process.execPath, execArgv: [...nodeArguments] }
  if (process.getuid?.() === 0 || !existsSync(SETPRIV)) return plain
  const lost = '-net_admin,-sys_ptrace,-dac_read_search'
  const lesser = [`--ambient-caps=${lost}`, `--inh-caps=${lost}`, '--']
  return { execPath: SETPRIV, execArgv: [...lesser, process.execPath, ...nodeArguments] }
}
