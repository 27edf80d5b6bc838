/** Whether what rules and suppressions name is ever told of: one with a slip of the pen blocks nobody, and hides nothing. */
import { nearest } from '../core/text/nearest.ts'
import type { PolicyConfig } from './config.ts'

/** What detections may be called. */
export interface ToldNames {
  readonly detectors: readonly string[]
  readonly kinds: readonly string[]
}

/** A detector's or kind's name that nothing is told by. */
export interface UntoldName {
  readonly field: 'detector' | 'kind'
  readonly given: string
  /** What was meant, as far as can be guessed: `did you mean port-scan?`. */
  readonly cure: string
}

/** Names the detector and the kind that nothing is told by; a kind may be the beginning of one up to a dot. */
export function untoldNames(
  {
    detector,
    kind,
  }: { readonly detector?: string | undefined; readonly kind?: string | undefined },
  told: ToldNames,
): readonly UntoldName[] {
  return [
    ...(detector === undefined || told.detectors.includes(detector)
      ? []
      : [untold('detector', detector, nearest(detector, told.detectors))]),
    ...(kind === undefined || isTold(kind, told)
      ? []
      : [untold('kind', kind, nearest(kind, toldAndAbove(told), 3))]),
  ]
}

/** Names each rule's detector or kind that nothing is told by, with the one that was meant, as far as can be guessed. */
export function unknownSubjects(
  { blockWhen }: Pick<PolicyConfig, 'blockWhen'>,
  told: ToldNames,
): readonly string[] {
  return blockWhen.flatMap((rule, index) =>
    untoldNames(rule, told).map(
      ({ field, given, cure }) =>
        `blockWhen.${index}.${field} is ${JSON.stringify(given)}, a ${field} that nothing is told by; ${cure}`,
    ),
  )
}

function untold(field: UntoldName['field'], given: string, meant: string | null): UntoldName {
  const cure = meant === null ? 'expected one that a detector or a rule tells' : `did you mean ${meant}?` // prettier-ignore
  return { field, given, cure }
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
