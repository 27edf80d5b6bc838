/**
 * What known tools post: the names of their fields, by which their panels know a bot.
 *
 * Sources: published analyses of each family. What a tool's operator changes at will is not here.
 */
import type { Sign } from '../suspicion/sign.ts'

type Mark = readonly [tool: string, weight: number, test: RegExp]

/** Tested against the beginning of what is posted, as it is escaped: the end of a line is `\u{d}\u{a}`. */
const BODIES: readonly Mark[] = [
  ['Raccoon', 1.6, /^machineId=[\w-]{8,64}(?:\||%7[Cc])[^&]{1,64}&configId=[0-9a-f]{32}/],
  ['Raccoon', 1.4, /^bot_id=[^&]{1,80}&config_id=[0-9a-f]{40}/],
  ['RedLine', 1.4, /<(?:CheckConnect|EnvironmentSettings|SetEnvironment|GetUpdates|VerifyUpdate|Id\d{1,2}) xmlns="http:\/\/tempuri\.org\/"/],
  ['Lumma', 1.3, /^act=(?:life|recive_message|receive_message)(?:&|$)/],
  ['StealC or Vidar', 1.3, /name="hwid".{1,300}name="(?:build|build_id|profile|profile_id)"/],
  ['Vidar', 1.3, /name="profile(?:_id)?".{1,300}name="hwid"/],
  ['Hancitor', 1.6, /^GUID=\d+&BUILD=\w+&INFO=[^&]+&(?:EXT|IP)=/],
  ['Amadey', 1.6, /^id=\d{10,14}&vs=\d\.\d+&(?:sd|ar)=\w+&/],
  ['BlackEnergy', 1.3, /^id=[^&]{1,64}&bid=[^&]{1,64}&(?:nm|dv)=/],
  ['Dexter', 1.4, /^page=[\w%+/=]+&ump=[\w%+/=]*&(?:unm|ks|opt)=/],
  ['SmokeLoader', 1.6, /^cmd=get(?:load|proxy|socks|grab)&login=[0-9A-Fa-f]{32,}/],
  ['Covenant', 1.6, /^i=a19ea23062db990386a3a478cb89d52e&data=/],
  ['a stealer, of its archive', 0.5, /name="[^"]{1,32}".{0,200}(?:\\u\{d\})?\\u\{a\}(?:\\u\{d\})?\\u\{a\}(?:UEsDB|PK\\u\{3\}\\u\{4\})/],
  ['CryptoWall', 0.6, /^[a-z]=[0-9a-f]{80,}$/],
] // prettier-ignore

/** The mark of a known tool in the beginning of a body that was posted; null where there is none. */
export function bodyMark(text: string): Sign | null {
  for (const [tool, weight, test] of BODIES) {
    if (!test.test(text)) continue
    return { feature: 'bodyMark', kind: 'http', aspect: 'known', weight, value: 1, baseline: null, text: `posts what ${tool} does` } // prettier-ignore
  }
  return null
}
