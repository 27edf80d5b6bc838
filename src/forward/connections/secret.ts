/** Secrets of sinks: a token or password, written in the configuration or (better) in a file of its own. */
import { Type } from '../../core/schema/config-field.ts'
import { PicketError } from '../../core/errors.ts'
import { readRegularFile } from '../../core/files/regular-file.ts'

/** A secret in the configuration itself; `writeOnly` keeps it out of what is printed. */
export const secretText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4096, writeOnly: true, description }))

/** The file that holds it. */
export const secretFile = (what: string) =>
  Type.Optional(
    Type.String({
      pattern: '^/',
      maxLength: 4096,
      description: `File with ${what}, absolute; read anew each time, blanks around it do not count.`,
    }),
  )

/** Where a secret of the configuration is. */
export interface SecretSource {
  /** Name of the field, such as `token`; the file's is `tokenFile`. */
  readonly field: string
  readonly text: string | undefined
  readonly file: string | undefined
}

/**
 * Reads a secret; null when neither text nor file is given.
 *
 * Errors: `ERR_SINK_CONNECT`, which names field and file, never what is in it.
 */
export function readSecret({ field, text, file }: SecretSource): string | null {
  if (text !== undefined) return text
  if (file === undefined) return null
  const secret = readSecretFile(field, file).trim()
  // Nothing that could end a header line and begin another.
  if (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(secret)) return secret
  throw fault(`${field}File is ${file}, which does not hold one line of text`)
}

/**
 * Reads a file of secrets as it is, for those of several lines.
 *
 * Errors: `ERR_SINK_CONNECT` when it cannot be read.
 */
export function readSecretFile(field: string, file: string): string {
  try {
    return readRegularFile(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw fault(`${field}File is ${file}, which cannot be read: ${reason}`, cause)
  }
}

const fault = (message: string, cause?: unknown): PicketError =>
  new PicketError('ERR_SINK_CONNECT', message, { cause })

type Fields = Readonly<Record<string, string | undefined>>

/** Says what is wrong where one of the fields has to be given; each fault begins with a field. */
export function exactlyOne(fields: Fields): string[] {
  const names = Object.keys(fields)
  if (given(fields).length > 0) return atMostOne(fields)
  return [`${names[0]} is missing${names[1] === undefined ? '' : `; or give ${names[1]}`}`]
}

/** Says what is wrong where at most one of the fields may be given. */
export function atMostOne(fields: Fields): string[] {
  const [first, ...others] = given(fields)
  return others.length > 0 ? [`${first} is given beside ${others.join(' and ')}; keep one`] : []
}

interface Password {
  readonly user?: string
  readonly password?: string
  readonly passwordFile?: string
}

/** Says what is wrong with a user and the two places of a password. */
export function passwordFaults({ user, password, passwordFile }: Password): string[] {
  const secrets = { password, passwordFile }
  if (user !== undefined) return exactlyOne(secrets)
  return given(secrets).map((name) => `${name} is given without user`)
}

const given = (fields: Fields): string[] =>
  Object.keys(fields).filter((name) => fields[name] !== undefined)
