/** Whether what the rules of `policy.blockWhen` name is ever told of: a rule with a slip of the pen blocks nobody. */
import { nearest } from '../core/text/nearest.ts'
import type { PolicyConfig } from './config.ts'

/** What detections may be called. */
export interface ToldNames {
  readonly detectors: readonly string[]
  readonly kinds: readonly string[]
}

/** Names each rule's detector or kind that nothing is told by, with the one that was meant, as far as can be guessed. */
export function unknownSubjects(
  { blockWhen }: Pick<PolicyConfig, 'blockWhen'>,
  told: ToldNames,
): readonly string[] {
  return blockWhen.flatMap(({ detector, kind }, index) => [
    ...(detector === undefined || told.detectors.includes(detector)
      ? []
      : [fault(`blockWhen.${index}.detector`, detector, 'detector', nearest(detector, told.detectors))]), // prettier-ignore
    ...(kind === undefined || isTold(kind, told)
      ? []
      : [fault(`blockWhen.${index}.kind`, kind, 'kind', nearest(kind, toldAndAbove(told), 3))]),
  ])
}

function fault(path: string, given: string, what: string, meant: string | null): string {
  const cure = meant === null ? 'expected one that a detector or a rule tells' : `did you mean ${meant}?` // prettier-ignore
  return `${path} is ${JSON.stringify(given)}, a ${what} that nothing is told by; ${cure}`
}

function isTold(kind: string, { kinds }: ToldNames): boolean {
  return kinds.some((one) => one === kind || one.startsWith(`${kind}.`))
}

/** Kinds, and what several of them begin with. */
function toldAndAbove({ kinds }: ToldNames): ReadonlySet<string> {
  const parts = kinds.flatMap((kind) => {
    const words = kind.split('.')
    return words.map((_, index) => words.slice(0, index + 1).join('.'))
  })
  return new Set(parts)
}
