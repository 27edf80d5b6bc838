/** The chain `PICKET` and the jumps to it, as text of `iptables -S` and for `iptables-restore`. */
import { protocolWord, sidesOf } from '../entry-kind.ts'
import type { AddressSet } from './ipset.ts'

export const CHAIN = 'PICKET'
/** Where packets of the host itself and those it passes on come by. */
const HOOKS = ['INPUT', 'FORWARD', 'OUTPUT'] as const

/** The rules that look into a kind's set: both sides, so that connections already made are cut too. */
export function setRules({ name, family, kind }: AddressSet): readonly string[] {
  const { protocol, ports } = kind
  const word = protocol === null ? null : protocolWord(family, protocol)
  const only = word === null ? '' : `-p ${word} `
  const to = ports === null ? '' : `-m ${word} --dport ${ports.first}:${ports.last} `
  return sidesOf(kind).map((side) => {
    const what = kind.hasPort ? `${side},dst` : side
    return `-A ${CHAIN} ${only}${to}-m set --match-set ${name} ${what} -j DROP`
  })
}

/** Says whether chain and jumps stand as they should; `listing` is what `iptables -S` printed. */
export function rulesStand(listing: string, rules: readonly string[]): boolean {
  return jumpsStand(listing) && chainRules(listing).join('\n') === rules.join('\n')
}

/** Says whether the chain is there and each of the kernel's chains jumps to it first, and once. */
export function jumpsStand(listing: string): boolean {
  const lines = listing.split('\n').map(withoutCounters)
  return lines.includes(`-N ${CHAIN}`) && HOOKS.every((hook) => jumpStands(lines, hook))
}

/** Gives the rules of our chain, as they were printed. */
export function chainRules(listing: string): readonly string[] {
  return listing.split('\n').filter((line) => line.startsWith(`-A ${CHAIN} `))
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
export function rulesToRestore(listing: string, rules: readonly string[]): string {
  const lines = listing.split('\n').map(withoutCounters)
  return script([
    `:${CHAIN} - [0:0]`,
    ...rules,
    ...HOOKS.flatMap((hook) => [...removals(lines, hook), `-I ${hook} 1 -j ${CHAIN}`]),
  ])
}

/** Writes the restore script that removes jumps and chain; null when there is nothing of ours. */
export function rulesToRemove(listing: string): string | null {
  const lines = listing.split('\n').map(withoutCounters)
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

/** `iptables -v -S` writes what a rule has counted before its target. */
function withoutCounters(line: string): string {
  return line.replace(/ -c \d+ \d+(?= |$)/, '')
}

function script(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n')
}
