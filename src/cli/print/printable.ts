/** Makes data safe to print: what an attacker wrote into a host name must not drive the reader's terminal. */
import { escapeUnprintable, UNPRINTABLE } from '../../core/text/unprintable.ts'

/** Writes every control, invisible and direction character as `\u{HEX}`, so that it is seen, not obeyed. */
export function printable(text: string): string {
  return escapeUnprintable(text)
}

/**
 * Renders a value as one line of JSON in which the same characters are escaped.
 *
 * JSON itself escapes only C0; a C1 control or a direction mark would reach the terminal as it is.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
