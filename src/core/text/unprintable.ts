/** The characters that must not reach a reader as they are: they drive a terminal or hide what is written. */

/** Controls (C0, DEL, C1), zero-width and direction marks, line separators, lone surrogates. */
export const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu

/** Writes every such character as `\u{HEX}`, so that it is seen, not obeyed. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}
