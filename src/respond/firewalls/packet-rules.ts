/** The chain `PICKET` and the jumps to it, as text of `iptables -S` and for `iptables-restore`. */

export const CHAIN = 'PICKET'
/** Where packets of the host itself and those it passes on come by. */
const HOOKS = ['INPUT', 'FORWARD', 'OUTPUT'] as const

/** The chain's rules: both directions, so that connections already made are cut too. */
function chainRules(setName: string): readonly string[] {
  return ['src', 'dst'].map((side) => `-A ${CHAIN} -m set --match-set ${setName} ${side} -j DROP`)
}

/** Says whether chain and jumps stand as they should; `listing` is what `iptables -S` printed. */
export function rulesStand(listing: string, setName: string): boolean {
  const lines = listing.split('\n')
  const held = lines.filter((line) => line.startsWith(`-A ${CHAIN} `))
  const chainStands =
    lines.includes(`-N ${CHAIN}`) && held.join('\n') === chainRules(setName).join('\n')
  return chainStands && HOOKS.every((hook) => jumpStands(lines, hook))
}

/** First place: a rule of others before it (`ESTABLISHED -j ACCEPT`) would let blocked peers go on. */
function jumpStands(lines: readonly string[], hook: string): boolean {
  const first = lines.find((line) => line.startsWith(`-A ${hook} `))
  return first === jump(hook) && countJumps(lines, hook) === 1
}

/**
 * Writes the restore script that puts chain and jumps right, in one transaction.
 *
 * Naming the chain creates or empties it; with `--noflush` no other chain is touched. Our jumps are taken
 * out, however many there are, and put first.
 */
export function rulesToRestore(listing: string, setName: string): string {
  const lines = listing.split('\n')
  return script([
    `:${CHAIN} - [0:0]`,
    ...chainRules(setName),
    ...HOOKS.flatMap((hook) => [...removals(lines, hook), `-I ${hook} 1 -j ${CHAIN}`]),
  ])
}

/** Writes the restore script that removes jumps and chain; null when there is nothing of ours. */
export function rulesToRemove(listing: string): string | null {
  const lines = listing.split('\n')
  const jumps = HOOKS.flatMap((hook) => removals(lines, hook))
  const chain = lines.includes(`-N ${CHAIN}`) ? [`-F ${CHAIN}`, `-X ${CHAIN}`] : []
  return jumps.length + chain.length === 0 ? null : script([...jumps, ...chain])
}

function removals(lines: readonly string[], hook: string): string[] {
  return new Array<string>(countJumps(lines, hook)).fill(`-D ${hook} -j ${CHAIN}`)
}

function countJumps(lines: readonly string[], hook: string): number {
  return lines.filter((line) => line === jump(hook)).length
}

function jump(hook: string): string {
  return `-A ${hook} -j ${CHAIN}`
}

function script(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n')
}
