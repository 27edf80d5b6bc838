/** Takes secrets out of what is shown: by the name of the field, and the password of every URL. */

const HIDDEN = '(hidden)'
/** `key` is a path of a key file in our configuration; hiding that too errs on the right side. */
const SECRET = /(password|passphrase|secret|token|credential|api_?key|private|^key$|authorization)/i

/** Gives a copy whose secrets read `(hidden)`; what is not set stays null, so that it shows that it is not. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((member) => withoutSecrets(member, name))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, withoutSecrets(member, key)]),
    )
  }
  if (typeof value !== 'string') return value
  if (SECRET.test(name) && value !== '') return HIDDEN
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/i, `$1${HIDDEN}@`)
}
