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
