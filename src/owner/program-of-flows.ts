/** The one program that a story's flows belong to, where there is one. */
import type { Owner } from './owner.ts'

/**
 * Gives the latest process of the program that held the flows; null unless most of the flows are known to be
 * of one program of one user: a scan touches many ports, and the one service that answered is not its story.
 */
export function programOf(owners: readonly (Owner | null)[]): Owner | null {
  const known = owners.filter((owner) => owner !== null)
  const latest = known.reduce<Owner | null>(
    (best, owner) => (best === null || owner.since > best.since ? owner : best),
    null,
  )
  if (latest === null || known.length * 2 < owners.length) return null
  return known.every((owner) => isSameProgram(owner, latest)) ? latest : null
}

function isSameProgram(one: Owner, other: Owner): boolean {
  const program = ({ executable, command }: Owner): string | null => executable ?? command
  return program(one) === program(other) && one.uid === other.uid && one.unit === other.unit
}
