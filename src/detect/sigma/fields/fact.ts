/** Fields that are properties of what an application said. */
import { field, type Field, type FieldType, type FieldValue, type Moment } from './field.ts'

interface Told {
  readonly type?: FieldType
  readonly isInSum?: boolean
  /** The property of the facts, where it is not called as the field. */
  readonly of?: string
  readonly synonyms?: Field['synonyms']
  readonly note: string
}

/** Declares a field whose value is a property of the facts; names and moments are separated by blanks. */
export function fact(
  names: string,
  moments: string,
  { of, type = 'text', isInSum = true, synonyms = {}, note }: Told,
): Field {
  const list = names.split(' ')
  const property = of ?? list[0]!
  return field({
    ...{ names: list, type, moments: moments.split(' ') as Moment[], isInSum, synonyms, note },
    read: ({ facts }) => (facts[property] ?? null) as FieldValue,
  })
}

/** A property that may not be there. */
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null
