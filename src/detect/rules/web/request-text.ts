/** What a request says once its disguises are taken off: percent signs, plus signs, comments, case. */

/** Rounds of decoding: servers do one, sloppy ones two, evaders hope for more. */
const MOST_ROUNDS = 3
const MOST_VALUES = 48
/** Shorter parameter values cannot hold an injection. */
const SHORTEST_VALUE = 2
/** Prose and code that people post: as long, and of as many lines. */
const LONG_TEXT = 300
const MANY_LINES = 3
/** An operator of a document store where a password should be. */
const PASSWORD_OPERATOR = /"(pass(?:word|wd)?|pwd)"\s*:\s*\{\s*"(\$\w{2,8})"\s*:/i
/** Documents one a line, as logs are shipped (ndjson): what they quote was said to somebody else. */
const JSON_LINES = /\}(?:\\u\{d\})?\\u\{a\}\{/
/** From there on a line of a web server's log, or an event made of one, quotes what somebody else asked for. */
const QUOTED_REQUEST = /(?:^|[\s"'])(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH) \/\S.*/g
const ODD_NAME = /^class\.|[$#@(]|%2[348]|%40/i

/** One value of a request: a parameter, a path, a header, a text of JSON; a `document` is any other body. */
export interface RequestValue {
  readonly where: 'path' | 'parameter' | 'header' | 'body' | 'json' | 'document'
  /** The parameter's or header's name in lower case. */
  readonly name: string
  /** Decoded, comments as spaces, in lower case. */
  readonly text: string
  /** As it was sent. */
  readonly raw: string
  /** Rounds of decoding that changed it. */
  readonly rounds: number
}

/** Undoes percent encoding, also doubled and in IIS's `%u0027`. */
function decodeOnce(text: string): string {
  return text
    .replace(/%u00([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

/** Makes a value of what was sent. */
export function valueOf(where: RequestValue['where'], name: string, raw: string): RequestValue {
  let text = where === 'parameter' || where === 'body' ? raw.replaceAll('+', ' ') : raw
  let rounds = 0
  while (rounds < MOST_ROUNDS && text.includes('%')) {
    const decoded = decodeOnce(text)
    if (decoded === text) break
    text = decoded
    rounds += 1
  }
  const lower = text
    .replace(/\/\*(?:!\d{0,5})?/g, ' ')
    .replaceAll('*/', ' ')
    .toLowerCase()
  return { where, name: name.toLowerCase(), text: lower.replace(/\s+/g, ' '), raw, rounds }
}

/** The path and each parameter of a URI. */
export function uriValues(uri: string): RequestValue[] {
  const mark = uri.indexOf('?')
  const path = mark < 0 ? uri : uri.slice(0, mark)
  const query = mark < 0 ? '' : uri.slice(mark + 1)
  return [valueOf('path', '', path), ...parameters('parameter', query)]
}

/** Each parameter of a form, each text of JSON; one value where it is something else, and none of what logs ship. */
export function bodyValues(text: string): RequestValue[] {
  if (/^\s*[{[]/.test(text)) return JSON_LINES.test(text) ? [] : jsonTexts(text)
  const isForm = /^[\w.[\]%$-]{1,64}=/.test(text)
  if (!isForm) return [valueOf('document', '', text)]
  return parameters('body', text).filter((value) => !isProse(value.raw))
}

/** A header line. */
export function headerValue(line: string): RequestValue {
  const colon = line.indexOf(':')
  return valueOf('header', line.slice(0, Math.max(0, colon)), line.slice(colon + 1).trim())
}

function jsonTexts(text: string): RequestValue[] {
  const found = text.matchAll(/"((?:[^"\\]|\\.){2,})"(?!\s*:)/g)
  const raws = [...found].slice(0, MOST_VALUES).map(([, raw]) => raw!.replaceAll('\\"', '"'))
  const operator = PASSWORD_OPERATOR.exec(text)
  if (operator !== null) raws.push(`${operator[1]}[${operator[2]}]`)
  const own = raws.filter((raw) => !isProse(raw)).map((raw) => raw.replace(QUOTED_REQUEST, ''))
  return own.map((raw) => valueOf('json', '', raw))
}

function parameters(where: RequestValue['where'], text: string): RequestValue[] {
  const values: RequestValue[] = []
  for (const piece of text.split('&', MOST_VALUES)) {
    const equals = piece.indexOf('=')
    const name = equals < 0 ? '' : piece.slice(0, equals)
    // Frameworks that set objects by parameters' names are attacked by them.
    if (ODD_NAME.test(name)) values.push(valueOf(where, '', name))
    if (piece.length - equals <= SHORTEST_VALUE) continue
    values.push(valueOf(where, name, piece.slice(equals + 1)))
  }
  return values
}

/** Says whether a value is a text that somebody wrote or pasted: an injection is one line. */
function isProse(raw: string): boolean {
  if (raw.length < LONG_TEXT) return false
  const lines = raw.split(/%0a|\\u\{a\}|\\n/i).length - 1
  return lines >= MANY_LINES
}
