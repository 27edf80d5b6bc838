/** TypeBox's home: the few builders with which each stage's `config.ts` declares its section once. */
import {
  Type,
  type SchemaOptions,
  type Static,
  type TObject,
  type TUnsafe,
} from '@sinclair/typebox'

export { Type } from '@sinclair/typebox'
export type { Static, TObject } from '@sinclair/typebox'

/** One of a few words; a plain JSON Schema `enum`, so that a wrong word is told the right ones. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: SchemaOptions & { readonly default?: Word } = {},
): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
}

/** A string, or null for none. */
export function stringOrNull(options: SchemaOptions = {}): TUnsafe<string | null> {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...options })
}

/** One of several objects, told apart by a word in the property `tag`: a fault is then told for that one alone. */
export function taggedUnion<const Kinds extends readonly TObject[]>(
  tag: string,
  kinds: Kinds,
): TUnsafe<Static<Kinds[number]>> {
  return Type.Unsafe<Static<Kinds[number]>>({
    type: 'object',
    required: [tag],
    discriminator: { propertyName: tag },
    oneOf: [...kinds],
  })
}
