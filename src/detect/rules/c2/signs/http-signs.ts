/** What is odd about a request that no browser made. */
import { canonicalAddress } from '../../../../net/address.ts'
import type { HttpRequest } from '../../../../flow/flow.ts'
import type { Aspect, Sign } from '../suspicion/sign.ts'
import { httpMarks } from './http-marks.ts'
import { isWebPort } from './ports.ts'

/** Where the web is encrypted: what speaks in the clear there goes where firewalls let it. */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443])

/** Bodies of check-ins. */
const SMALL_BODY = 2048

/** What Windows, and those who look whether there is an Internet, ask by themselves. */
const INNOCENT_AGENT =
  /^(?:Microsoft[- ](?:CryptoAPI|NCSI|BITS|WNS|Delivery)|Windows-Update-Agent|CaptiveNetworkSupport|ocspd|securityd|Debian APT|apt|libdnf|urlgrabber|Python-urllib\/\S+ (?:pip|conda)|Valve\/Steam|Dalvik\/|okhttp|Roku|AppleCoreMedia|VLC|Lavf)/i
const INNOCENT_NAME =
  /(?:^|\.)(?:msftncsi\.com|msftconnecttest\.com|windowsupdate\.com|microsoft\.com|windows\.com|digicert\.com|verisign\.com|symcd\.com|symcb\.com|globalsign\.(?:com|net)|usertrust\.com|comodoca\.com|sectigo\.com|lencr\.org|letsencrypt\.org|identrust\.com|entrust\.net|godaddy\.com|pki\.goog|google\.com|gstatic\.com|googleapis\.com|apple\.com|mzstatic\.com|icloud\.com|mozilla\.(?:com|net|org)|firefox\.com|ubuntu\.com|debian\.org|akamaized\.net|akamaihd\.net|adobe\.com|steamcontent\.com)$/
const INNOCENT_TYPE =
  /^application\/(?:ocsp-request|soap\+xml|dns-message|ipp|grpc|vnd\.ms-sync)|^text\/xml/i

/** Names under which much malware and little else lives, by the abuse reports of their registries. */
const CHEAP_NAME =
  /\.(?:top|xyz|tk|ml|ga|cf|gq|pw|su|icu|buzz|club|cyou|rest|monster|bid|win|loan|cam|surf|work)$/

const OLD_BROWSER =
  /^Mozilla\/4\.0 \(compatible; MSIE [4-8]\.|^Opera\/[5-9]\.|Windows (?:98|NT 5\.0)/
const TOOL =
  /^(?:curl|Wget|python|Go-http-client|WinHttp|Microsoft (?:Internet Explorer|URL Control)|PowerShell|.*WindowsPowerShell|libwww|lwp|AutoIt|Java\/|Indy|Embarcadero|Borland|InetURL|NSIS|WinInet|HTTPREAD|HttpClient|RestSharp|axios|node-fetch)/i
/** An agent that was cut short or made up, as small tools have it. */
const STUB = /^(?:Mozilla(?:\/[345]\.0)?|[A-Za-z]{1,64}|\d+|-)$/
const BROWSER = /^Mozilla\/5\.0 \((?:Windows|Macintosh|X11|compatible; MSIE (?:9|10))/
const SCRIPT = /\.(?:php|asp|aspx|jsp|cgi)(?:\?|$)/i
/** A value of 40 or more letters of base64 or hexadecimal. */
const OPAQUE = /[?&][\w.-]{1,32}=(?:[A-Za-z0-9+/_~()-]|%2[BbFf]|%3[Dd]){40,}={0,2}(?:&|$)/

/** Requests that browsers make, and what systems ask by themselves, are looked at no further. */
export function isInnocent(request: HttpRequest): boolean {
  const { userAgent, host, contentType } = request
  if (request.method === 'CONNECT' || request.method === 'OPTIONS') return true
  if (userAgent !== null && INNOCENT_AGENT.test(userAgent)) return true
  if (contentType !== null && INNOCENT_TYPE.test(contentType)) return true
  return host !== null && INNOCENT_NAME.test(host)
}

/** The headers that every browser sends, and an agent that is not of the last century. */
export function isLikeABrowser({ userAgent, hasAccept, hasAcceptLanguage }: HttpRequest): boolean {
  return hasAccept && hasAcceptLanguage && userAgent !== null && BROWSER.test(userAgent)
}

/** Every sign that the request bears. Call it only for what is neither innocent nor like a browser. */
export function httpSigns(request: HttpRequest, port: number): Sign[] {
  const host = hostOf(request)
  const isBareHost = isForBareAddress(request)
  const signs = [...httpMarks(request, isBareHost), ...identity(request)]
  const name = host ?? 'no host'
  if (isBareHost) signs.push(http('bareAddress', 'place', 0.3, `to ${name}, not a name`))
  else if (CHEAP_NAME.test(name)) signs.push(http('cheapName', 'place', 0.15, `to ${name}`))
  if (TLS_PORTS.has(port))
    signs.push(http('clearHttp', 'place', 0.25, `HTTP in the clear at port ${port}`)) // prettier-ignore
  else if (!isWebPort(port)) signs.push(http('httpPort', 'place', 0.15, `HTTP at port ${port}`))
  const { method, uri, contentBytes, hasReferer, isWhole } = request
  const isSmall = contentBytes !== null && contentBytes <= SMALL_BODY
  if (method === 'POST' && isWhole && !hasReferer && isSmall) {
    const isScript = SCRIPT.test(uri)
    signs.push(http('smallPost', 'content', isScript ? 0.25 : 0.1, `${contentBytes} bytes posted to ${isScript ? 'a script' : 'it'}`)) // prettier-ignore
  }
  if (isFirstCookie(request)) signs.push(http('cookieAtStart', 'known', 0.8, 'a cookie for the start page, and nothing else that a browser sends')) // prettier-ignore
  // Nobody hands cookies to a program that is no browser, at an address without a name.
  if (isBareHost && request.hasCookie) signs.push(http('cookieToAddress', 'content', 0.25, 'a cookie for it')) // prettier-ignore
  if (OPAQUE.test(uri))
    signs.push(http('opaqueQuery', 'content', 0.15, 'an opaque value in the query'))
  return signs
}

/** What browsers keep for the second visit, of a program that says nothing else of itself (IcedID's loader). */
function isFirstCookie({ isWhole, hasCookie, method, uri, ...request }: HttpRequest): boolean {
  if (!isWhole || !hasCookie || method !== 'GET' || uri !== '/') return false
  return request.userAgent === null && !request.hasAccept && !request.hasReferer
}

function identity(request: HttpRequest): Sign[] {
  const { userAgent, hasAccept, hasAcceptLanguage, isWhole } = request
  if (userAgent === null)
    return !isWhole ? [] : [http('noAgent', 'identity', hasAccept ? 0.25 : 0.3, 'no user agent')]
  if (OLD_BROWSER.test(userAgent))
    return [http('oldAgent', 'identity', 0.25, 'a browser of long ago')]
  if (STUB.test(userAgent))
    return [http('stubAgent', 'identity', 0.25, `"${userAgent}" for an agent`)]
  if (TOOL.test(userAgent)) return [http('toolAgent', 'identity', 0.15, 'the agent of a tool')]
  if (isWhole && BROWSER.test(userAgent) && !hasAcceptLanguage) {
    return [http('falseBrowser', 'identity', hasAccept ? 0.15 : 0.25, 'a browser by its agent but not by its headers')] // prettier-ignore
  }
  return []
}

/** Says that the request names an address, or nobody; of one that was cut before its host nobody can say. */
export function isForBareAddress(request: HttpRequest): boolean {
  const host = hostOf(request)
  return host === null ? request.isWhole : canonicalAddress(host) !== null
}

/** Without the port; null when the request names none. */
export function hostOf({ host }: HttpRequest): string | null {
  return host === null || host === '' ? null : host.replace(/:\d+$/, '')
}

function http(feature: string, aspect: Aspect, weight: number, text: string): Sign {
  return { feature, kind: 'http', aspect, weight, value: 1, baseline: 0, text }
}
