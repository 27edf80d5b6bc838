/**
 * Requests that known tools make: addresses of their panels, names they give themselves, what they fetch.
 *
 * Sources: published analyses of each family. What a tool's operator changes at will is not here.
 */
import type { HttpRequest } from '../../../../flow/flow.ts'
import type { Sign } from '../suspicion/sign.ts'

type Mark = readonly [tool: string, weight: number, test: RegExp]

/** Tested against the agent. */
const AGENTS: readonly Mark[] = [
  ['LokiBot', 1.6, /\(Charon; Inferno\)/],
  ['H-Worm', 1.3, /^(?:WSHRAT\||[^|\\<>]{1,64}(?:<\|>|\|)[^|<>]{1,64}(?:<\|>|\|).*(?:<\|>|\|)(?:true|false|nan-av|underworld|plus)?)/i],
  ['Vjw0rm', 1.3, /^[^\\]{3,40}_[0-9A-F]{8}\\[^\\]*\\[^\\]*\\/i],
  ['Sality', 1.6, /^KUKU v\d|Opera\/8\.89 \(Windows NT 6\.0/],
  ['AZORult', 1, /MSIE 6\.0b; Windows NT 5\.1\)$/],
  ['NetSupport Manager', 0.8, /^NetSupport Manager\/\d/],
  ['Pony', 0.8, /^Mozilla\/4\.0 \(compatible; MSIE 5\.0; Windows 98\)$/],
] // prettier-ignore

/** Tested against method and target. */
const TARGETS: readonly Mark[] = [
  ['Trickbot or Dyre', 1.6, /^(?:GET|POST) \/\w{3,12}\/[^/]{1,32}_W\d{5,9}\.[0-9A-F]{32}\/\d+\//],
  ['LokiBot', 1.2, /^POST \/\S*\/fre\.php$/],
  ['Ursnif', 1, /^GET \/(?:images|drew|uploads)\/(?=\S*_2[BF]\S*_2[BF])[\w/]{80,}\.(?:avi|gif|jpe?g|bmp|crw|bob|akk|jlk)$/],
  ['Xtreme RAT', 1.6, /^GET \/\d{6,}\.functions$/],
  ['H-Worm', 1.2, /^POST \/is-(?:ready|sending|recving|processes|enum-\w+|cmd-shell)\b/],
  ['Vjw0rm', 0.8, /^POST \/Vre$/],
  ['Qakbot', 1.2, /^GET \/(?:\S*\/)?4\d{4}[.,]\d{6,12}\.dat$/],
  ['IcedID', 1.3, /^GET \/photo\.png\?id=[0-9A-F]{30,}$/],
  ['Gootkit', 1.2, /^GET \/(?:rbody|rpersist)\d{1,3}(?:\/|$)/],
  ['Koadic', 1.3, /^(?:GET|POST) \/\w{1,16}\?\w{2,16}=[0-9a-f]{32};\w{2,16}=(?:[0-9a-f]{32})?;?(?:\S*;)?$/],
  ['DCRat', 1, /^GET \/\w+\.php\?(?=\S*[?&][0-9a-f]{32}=[0-9a-f]{32}(?:&|$))[0-9A-Za-z]{6,32}=[^&\s]{8,}(?:&[0-9a-f]{32}=[^&\s]+){2,}$/],
  ['SpyEye', 1.6, /\?guid=[^&\s]+!\S*&ver=\d+&stat=(?:ONLINE|OFFLINE)/],
  ['KeyBase', 1.5, /\?type=(?:notification|keystrokes|passwords|clipboard)&machinename=/],
  ['Mozi', 1.2, /^GET \/(?:\S*\/)?Mozi\.[am7]$/],
  ['NetSupport Manager', 0.8, /^POST http:\/\/\S+\/fakeurl\.htm$/],
  ['Cobalt Strike', 1.3, /^POST \/jquery-3\.3\.2\.min\.js(?:\?|$)/],
  ['Cobalt Strike', 0.6, /^GET \/jquery-3\.3\.1\.min\.js$/],
  ['Agent Tesla', 0.9, /^POST \/\S*WebPanel\/\S*\.php$/],
  ['FormBook', 0.6, /^GET \/[a-z0-9]{2,6}\/\?[\w-]{1,12}=[A-Za-z0-9+/]{60,}={0,2}&[\w-]{1,12}=[\w-]{1,16}$/],
  ['Hancitor', 0.7, /^POST \/(?:\d+|[a-z]{2,3}\d)\/forum\.php$/],
  ['Cobalt Strike', 1, /^POST \/submit\.php\?id=\d{2,12}$/],
  ['a stealer, for its libraries', 0.7, /^GET \/\S*\/?(?:sqlite3|freebl3|nss3|mozglue|softokn3|msvcp140|vcruntime140)\.dll$/],
  ['a panel', 0.5, /^POST \/\S*\/(?:gate|panel|tasks?|pws|cfg|config|bot|knock|checkin|check-in)\.php(?:\?|$)/i],
] // prettier-ignore

/** What many kits of bots begin with, and others hardly. */
const BEGINNINGS: readonly Mark[] = [
  ['a bot, for its configuration', 0.5, /^GET \/(?:\S*\/)?(?:config|conf|cfg|cf)\.bin$/],
]

/** Weak each, and only for requests to a bare address: the defaults of stagers and implants. */
const DEFAULT_TARGETS: readonly Mark[] = [
  ['Empire', 0.8, /^(?:GET|POST) \/(?:admin\/get|login\/process|news)\.php$/],
  ['PlugX', 0.8, /^POST \/update\?(?:id|wd|product)=[0-9a-f]{8}$/],
  ['Locky', 0.8, /^POST \/(?:main|userinfo|submit|information|imageload|linuxsucks|apache_handler|upload\/_dispatch|data\/info)\.(?:php|cgi)$|^POST \/checkupdate$/],
  ['Conficker', 0.9, /^GET \/search\?q=\d{1,5}(?:&aq=7)?$/],
  ['Cobalt Strike', 0.6, /^GET \/(?:ca|ptj|dpixel|j\.ad|cx|cm|IE9CompatViewList\.xml|g\.pixel|dot\.gif|ga\.js|visit\.js|updates\.rss|push|load|match|fwlink|en_US\/all\.js|activity|pixel|pixel\.gif|__utm\.gif)$/],
] // prettier-ignore

/** What the request bears of a known tool; nearly always nothing. */
export function httpMarks(request: HttpRequest, isBareHost: boolean): Sign[] {
  const marks: Sign[] = []
  const { method, uri, userAgent } = request
  if (userAgent !== null) marks.push(...matches(AGENTS, userAgent, 'agentMark', 'names itself'))
  const target = `${method} ${uri}`
  marks.push(...matches(TARGETS, target, 'targetMark', 'asks'))
  marks.push(...matches(BEGINNINGS, target, 'beginningMark', 'asks'))
  if (isBareHost) {
    marks.push(...matches(DEFAULT_TARGETS, target, 'targetMark', 'asks'))
    const stager = stagerOf(uri)
    if (method === 'GET' && stager !== null) marks.push(mark(stager, 0.5, 'stagerTarget', 'asks'))
  }
  return marks
}

/** The mark of a known tool in what is asked for, where it suffices alone; null where there is none. */
export function certainTarget({ method, uri }: HttpRequest): Sign | null {
  const [mark = null] = matches(TARGETS, `${method} ${uri}`, 'targetMark', 'asks')
  return mark !== null && mark.weight >= 1 ? mark : null
}

function matches(marks: readonly Mark[], text: string, feature: string, verb: string): Sign[] {
  for (const [tool, weight, test] of marks) {
    if (test.test(text)) return [mark(tool, weight, feature, verb)]
  }
  return []
}

function mark(tool: string, weight: number, feature: string, verb: string): Sign {
  return { feature, kind: 'http', aspect: 'known', weight, value: 1, baseline: null, text: `${verb} as ${tool} does` } // prettier-ignore
}

/**
 * The sum of the letters of a stager's path, modulo 256, tells its server which program to send: four letters in
 * Cobalt Strike and of old, 30 and more of base64 in Metasploit since 2015 (lib/rex/payloads/meterpreter/uri_checksum.rb).
 */
function stagerOf(uri: string): string | null {
  const isShort = /^\/[A-Za-z0-9]{4}$/.test(uri)
  const isLong = /^\/(?=.*\d)(?=.*[A-Z])(?=.*[a-z])[\w-]{30,255}\/?$/.test(uri)
  if (!isLong && (!isShort || !/\d/.test(uri) || !/[A-Z]/.test(uri))) return null
  let sum = 0
  for (let at = 1; at < uri.length; at += 1) if (uri[at] !== '/') sum += uri.charCodeAt(at)
  const tells = isLong ? [80, 88, 92, 95, 98] : [92, 93]
  return tells.includes(sum % 256) ? 'a Cobalt Strike or Metasploit stager' : null
}
