/** The values that an encoded value stands for: Base64, UTF-16, and the dashes of Windows. */
import type { Place } from '../../../../core/schema/yaml.ts'
import { Glob } from '../../match/glob.ts'
import { Refusal } from '../fault.ts'
import type { Encoding } from './modifiers.ts'

/** How many letters at either end depend on what stands beside the value, by how far it is shifted. */
const FRONT = [0, 2, 3] as const
const BACK = [0, 3, 2] as const
const DASHES = ['-', '/', '–', '—', '―']

/** Applies encodings one after the other. `bytes` travel as Latin-1 between them. Errors: `Refusal`. */
export function encoded(
  text: string,
  encodings: readonly Encoding[],
  at: Place,
): readonly string[] {
  if (encodings.length === 0) return [text]
  const isBase64 = encodings.some((encoding) => encoding.startsWith('base64'))
  if (isBase64 && /(?<!\\)[*?]/.test(text)) {
    throw new Refusal(at, 'a value that is encoded can have no wildcards')
  }
  // From here on every character is a byte, unless only dashes are changed.
  const hasBytes = encodings.some((encoding) => encoding !== 'windash')
  const first = hasBytes
    ? Buffer.from(Glob.of(text, true).plain ?? text, 'utf8').toString('latin1')
    : text
  return encodings.reduce<readonly string[]>(
    (values, encoding) => values.flatMap((value) => applied(value, encoding)),
    [first],
  )
}

function applied(value: string, encoding: Encoding): readonly string[] {
  const bytes = (): Buffer => Buffer.from(value, 'latin1')
  switch (encoding) {
    case 'base64':
      return [bytes().toString('base64')]
    case 'base64offset':
      return [0, 1, 2].map((shift) => shiftedBase64(bytes(), shift))
    case 'wide':
    case 'utf16le':
      return [widened(bytes(), false)]
    case 'utf16be':
      return [widened(bytes(), true)]
    case 'utf16':
      return [`\u00ff\u00fe${widened(bytes(), false)}`, `\u00fe\u00ff${widened(bytes(), true)}`]
    case 'windash':
      return dashed(value)
  }
}

/** What of the Base64 is the same whatever stands in front of the value and behind it. */
function shiftedBase64(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const back = BACK[(bytes.length + shift) % 3]!
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const end = back === 0 ? text.length : padded.length - back
  return text.slice(FRONT[shift], end)
}

function widened(bytes: Buffer, isBigEndian: boolean): string {
  const text = Buffer.from(bytes.toString('utf8'), 'utf16le')
  return (isBigEndian ? text.swap16() : text).toString('latin1')
}

/** The first dash of each word, as each of the dashes that Windows programs take for one. */
function dashed(value: string): readonly string[] {
  if (!/(^|\s)[-/]/.test(value)) return [value]
  return DASHES.map((dash) => value.replace(/(^|\s)[-/](?=\S)/g, `$1${dash}`))
}
