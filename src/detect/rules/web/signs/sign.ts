/** A sign of an attack in a value of a request, and how signs add up. */
import type { RequestValue } from '../request-text.ts'

/** `weight` 1: ordinary text may hold it; 2: it hardly does; 3: it does when it speaks of attacks; 4: an attack. */
export interface Sign {
  readonly name: string
  readonly weight: number
  readonly pattern: RegExp
  /** The signs of one group are one sign: the heaviest counts. */
  readonly group?: string
  /** Where the sign means something; everywhere when absent. */
  readonly where?: readonly RequestValue['where'][]
  /** Match as it was sent, since decoding is what the sign is about. */
  readonly isRaw?: boolean
}

export interface Score {
  readonly total: number
  readonly signs: readonly Sign[]
}

/** Adds up the signs that a value shows. */
export function scoreOf(value: RequestValue, signs: readonly Sign[]): Score {
  const shown = new Map<string, Sign>()
  for (const sign of signs) {
    if (sign.where !== undefined && !sign.where.includes(value.where)) continue
    const group = sign.group ?? sign.name
    const other = shown.get(group)
    if (other !== undefined && other.weight >= sign.weight) continue
    if (sign.pattern.test(sign.isRaw === true ? value.raw : value.text)) shown.set(group, sign)
  }
  const found = [...shown.values()]
  return { total: found.reduce((sum, { weight }) => sum + weight, 0), signs: found }
}
