/** Tells sentences that speak of SQL from statements that are to run: what people type into searches, and paste. */
import type { RequestValue } from '../request-text.ts'

const SENTENCE = /^(?:[a-z]{2,}[,:]?\s+){2,}/
const STATEMENT =
  /^(?:\w+\s+)?(?:and|or|not|union|select|insert|update|delete|drop|exec|execute|having|where|order|group|limit|sleep|benchmark|waitfor|case|if)\b/
/** Without one of these no sentence leaves the value that a statement puts it in. */
const BREAKS_OUT = /['"`;#()\\]|--|\/\*|0x|@@/

/**
 * Says whether a decoded value in lower case is a sentence: it begins with two words that are no SQL, and holds
 * nothing that ends a quoted value. An injection into a number begins with one.
 */
export function isProse(text: string): boolean {
  return SENTENCE.test(text) && !STATEMENT.test(text) && !BREAKS_OUT.test(text)
}

/** `curl | sh` by name: without an address nothing is fetched that could run. */
const FETCHES_NOTHING = /\b(?:curl|wget)(?:\s+-[\w-]*)*\s*\|\s*(?:sudo\s+)?(?:ba)?sh\b/g

/** Takes out of a decoded value the names of habits that read like commands. */
export function withoutHabits(text: string): string {
  return text.includes('|') ? text.replace(FETCHES_NOTHING, ' ') : text
}

/** A script from its first line on is somebody's paste or job; what is injected begins in the middle of a command. */
export function isWholeScript({ where, text }: RequestValue): boolean {
  return (where === 'body' || where === 'json') && /^\s*#!\s?\//.test(text)
}

/** Words before anything breaks off, none of which fetches from anywhere. */
const NOTE = /^(?:[a-z][\w'-]*[,:]?\s+){3,}/
const BREAK = /[;|&`$\\(]/
const REACHES_OUT = /:\/\/|\/dev\/tcp|\d{1,3}(?:\.\d{1,3}){3}/

/**
 * Says whether a text of JSON is what people write of their work and quote commands in, as commits and tickets are told
 * to other programs: three words and more before the command, which reaches nobody.
 */
export function isNote({ where, text }: RequestValue): boolean {
  if (where !== 'json' || REACHES_OUT.test(text)) return false
  const at = text.search(BREAK)
  return NOTE.test(at < 0 ? text : `${text.slice(0, at).trimEnd()} `)
}
