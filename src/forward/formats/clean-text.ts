/** Makes text from the network safe to send on: one line, nothing invisible, nothing that turns the reading order. */

/**
 * C0 and C1 controls and DEL, the line and paragraph separators, soft hyphen, zero-width and bidirectional
 * controls, the byte order mark, and halves of surrogate pairs. An attacker who chooses a user name or an
 * SNI could forge a second log line with the first, and hide or turn round what an analyst reads with the
 * others (Trojan Source, CVE-2021-42574). Newline and carriage return are left to the format, which may
 * have an escape for them.
 */
const UNSAFE =
  /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu

/** What nearly every text is: looking for what is unsafe in Unicode costs ten times as much. */
const PRINTABLE = /^[\n\r -~]*$/

/** Writes each unsafe character as `<U+202E>`: visible, harmless, and still evidence. */
export function cleanText(text: string): string {
  if (PRINTABLE.test(text)) return text
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    return `<U+${code}>`
  })
}

/** Cuts text to at most `length` UTF-16 units, never through a character, and marks the cut with `...`. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  if (length <= 3) return ''
  const end = length - 3
  const splitsPair = text.charCodeAt(end - 1) >= 0xd800 && text.charCodeAt(end - 1) <= 0xdbff
  return `${text.slice(0, splitsPair ? end - 1 : end)}...`
}
