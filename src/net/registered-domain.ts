/**
 * Where in a name the part begins that somebody registered: what stands before it is his to choose freely.
 *
 * A short rule in place of the Public Suffix List's 10,000 lines: two labels, or three under the second
 * levels that country registries sell below (`co.uk`). Whoever sells names beneath his own (`duckdns.org`)
 * counts as one registrant, which merges neighbours and hides nobody.
 */

/** Second levels under which countries register. */
const SECOND_LEVELS: ReadonlySet<string> = new Set([
  'ac', 'co', 'com', 'edu', 'go', 'gob', 'gov', 'gouv', 'govt', 'ltd', 'me', 'mil', 'ne', 'net', 'nom',
  'or', 'org', 'plc', 'sch',
]) // prettier-ignore

const COUNTRY_LENGTH = 2
const LONGEST_TOP_LEVEL = 24
const DATA_LENGTH = 30

/**
 * Returns where the registered domain begins; `name.length` where the last label is no top-level domain, so
 * that all of the name is free (dnscat2 straight to its server); 0 where there is nothing before it.
 */
export function registeredDomainAt(name: string): number {
  const top = name.lastIndexOf('.')
  if (top <= 0) return 0
  if (!isTopLevel(name, top + 1)) return name.length
  const second = name.lastIndexOf('.', top - 1)
  // Nobody registers names so long: the data reaches to a last label that a laboratory made up.
  if (top - second - 1 >= DATA_LENGTH) return top + 1
  if (second < 0) return 0
  const isCountry = name.length - top - 1 === COUNTRY_LENGTH
  if (!isCountry || !SECOND_LEVELS.has(name.slice(second + 1, top))) return second + 1
  const third = name.lastIndexOf('.', second - 1)
  return third + 1
}

/** Letters alone, or an internationalised one (`xn--…`): so are all of the root zone's. */
function isTopLevel(name: string, from: number): boolean {
  const length = name.length - from
  if (length < COUNTRY_LENGTH || length > LONGEST_TOP_LEVEL) return false
  if (name.startsWith('xn--', from)) return true
  for (let at = from; at < name.length; at += 1) {
    const code = name.charCodeAt(at)
    if (code < 0x61 || code > 0x7a) return false
  }
  return true
}
