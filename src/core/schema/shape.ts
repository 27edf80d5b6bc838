/** Checks whether what came from elsewhere (another process, a stored text) is what it should be, member by member. */

/** Says whether a value is one. */
export type Check<Value> = (value: unknown) => value is Value

/** A check for each member; one that is new does not compile without its check. */
export type Shape<Whole> = { readonly [Member in keyof Whole]-?: Check<Whole[Member]> }

export const isText: Check<string> = (value) => typeof value === 'string'
/** Of any kind, NaN and infinite ones too. */
export const isNumber: Check<number> = (value) => typeof value === 'number'
export const isFlag: Check<boolean> = (value) => typeof value === 'boolean'

/** A text of so many UTF-16 units at most. */
export const textUpTo =
  (longest: number): Check<string> =>
  (value): value is string =>
    typeof value === 'string' && value.length <= longest

/** A number between the two, both included. */
export const within =
  (least: number, most: number): Check<number> =>
  (value): value is number =>
    typeof value === 'number' && value >= least && value <= most

export const orNull =
  <Value>(check: Check<Value>): Check<Value | null> =>
  (value): value is Value | null =>
    value === null || check(value)

export const orAbsent =
  <Value>(check: Check<Value>): Check<Value | undefined> =>
  (value): value is Value | undefined =>
    value === undefined || check(value)

export const either =
  <One, Other>(one: Check<One>, other: Check<Other>): Check<One | Other> =>
  (value): value is One | Other =>
    one(value) || other(value)

export const oneOf =
  <Value extends string>(values: readonly Value[]): Check<Value> =>
  (value): value is Value =>
    values.some((known) => known === value)

export const listOf =
  <Item>(check: Check<Item>, most = Infinity): Check<readonly Item[]> =>
  (value): value is readonly Item[] =>
    Array.isArray(value) && value.length <= most && value.every(check)

/** An object whose members each have a name that fits, and a value that does. */
export const recordOf =
  <Value>(
    name: Check<string>,
    check: Check<Value>,
    most: number,
  ): Check<Readonly<Record<string, Value>>> =>
  (value): value is Readonly<Record<string, Value>> => {
    if (!isObject(value)) return false
    const members = Object.entries(value)
    return members.length <= most && members.every(([key, member]) => name(key) && check(member))
  }

export const shaped =
  <Whole>(shape: Shape<Whole>): Check<Whole> =>
  (value): value is Whole =>
    misfit(value, shape) === null

/** The first member that is not as it should be; empty where the value is no object; null where all is well. */
export function misfit<Whole>(value: unknown, shape: Shape<Whole>): string | null {
  if (!isObject(value)) return ''
  for (const name of Object.keys(shape)) {
    if (!shape[name as keyof Whole](value[name])) return name
  }
  return null
}

/** An object that is no list. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
