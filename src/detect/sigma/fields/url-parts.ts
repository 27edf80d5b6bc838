/** The parts of a request's target, in each spelling that the log of a proxy or of a server has for them. */

/** The host without its port, then as it was sent where that differs. */
export function hostSpellings(host: string): readonly string[] {
  const bare = host.replace(/:\d{0,5}$/, '')
  return bare === host || bare === '' || isAddress6(bare) ? [host] : [bare, host]
}

/** As proxies log it, then what servers see of it: `http://host/a?b`, `/a?b`. */
export function uriSpellings(uri: string, host: string | null): readonly string[] {
  if (!uri.startsWith('/') || host === null) return [uri]
  return [...hostSpellings(host).map((one) => `http://${one}${uri}`), uri]
}

/** The path without the query. */
export function pathOf(uri: string): string {
  const path = uri.replace(/[?#].*$/s, '').replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
  return path === '' ? '/' : path
}

/** What stands behind the question mark, then the whole target: rules are written for either. */
export function querySpellings(uri: string): readonly string[] {
  const at = uri.indexOf('?')
  return at < 0 ? [uri] : [uri.slice(at + 1), uri]
}

/** What follows the last dot of the path's last part; null where there is none. */
export function extensionOf(uri: string): string | null {
  return /\.([^./]{1,32})$/.exec(pathOf(uri))?.[1] ?? null
}

/** An address without brackets has no port that could be told from its last part. */
const isAddress6 = (bare: string): boolean => bare.includes(':') && !bare.startsWith('[')
