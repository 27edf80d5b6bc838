/** How children that parse what anybody may send are started with fewer rights than the agent has. */
import { existsSync } from 'node:fs'

/** Part of util-linux, which every Debian has. */
const SETPRIV = '/usr/bin/setpriv'

/**
 * How Node is started so that a child does not inherit what an agent that is not root has as ambient
 * capabilities (capabilities(7)): `lost` names them. Root's children leave root themselves.
 */
export function withFewerRights(
  nodeArguments: readonly string[],
  lost: readonly string[],
): { readonly execPath: string; readonly execArgv: string[] } {
  const plain = { execPath: process.execPath, execArgv: [...nodeArguments] }
  if (process.getuid?.() === 0 || !existsSync(SETPRIV)) return plain
  const names = lost.map((name) => `-${name}`).join(',')
  const lesser = [`--ambient-caps=${names}`, `--inh-caps=${names}`, '--']
  return { execPath: SETPRIV, execArgv: [...lesser, process.execPath, ...nodeArguments] }
}
