/** Bots that take their orders in IRC channels (RFC 2812): by port, by name, and by what they are told. */
import type { Sign } from '../suspicion/sign.ts'

/** Where IRC lives, with and without TLS. */
const isIrcPort = (port: number): boolean =>
  (port >= 6660 && port <= 6669) || port === 6697 || port === 7000

/** Names that bots give themselves so that they do not clash: a country, a system and digits, or what they run on. */
const BOT_NICK =
  /^NICK :?\[?(?:x86|x64|i[3-6]86|arm\d?|mips|mpsl|mipsel|ppc|sh4|sparc|m68k|LNX)[-|\]_].*$|^NICK :?(?:[[{<|].*[\]}>|].*|.*(?:\||\[|\{|-)(?:[A-Z]{2,3}|XP|W7|W10|WIN\w*|\d{2})(?:\||\]|\}|-).*\d{3,}|[a-z]{0,4}\d{6,})\r?$/m

/** Orders in a channel's topic or a message: a word behind a mark that no person writes first. */
const ORDER =
  /(?:PRIVMSG|TOPIC|\b332\b) [^\r\n]*:\s*[.!@*](?:advscan|asc|scan|ddos|syn|udp|tcp|http|download|dl|update|login|exec|flood|rarpass|join|visit)/i

/** The same of Kaiten and its kin: to all or to one name, a command in capitals, and where to or for how long. */
const KAITEN_ORDER =
  /PRIVMSG \S+ :!(?:\*|[^\s:]{1,32}) (?:(?:PAN|TSUNAMI|UDP|UNKNOWN|STD|NSSYN) \S+ \d|(?:GET \w+:\/\/|SH )\S|KILLALL\b|GETSPOOFS\b)/

/** A name and a channel in one breath: people's programs join once the server has welcomed them. */
const JOINS_UNWELCOMED = /^NICK \S[^]*^JOIN [#&]/m

/** `heads`: how the client's first segments begin. */
export function ircSigns(heads: readonly string[], far: readonly string[], port: number): Sign[] {
  const local = heads.join('\n')
  if (!/^(?:NICK|USER|PASS) \S/m.test(local) || !/^NICK \S/m.test(local)) return []
  const signs: Sign[] = []
  if (!isIrcPort(port)) signs.push(irc('ircPort', 'protocol', 0.5, port, `IRC at port ${port}`))
  else signs.push(irc('irc', 'protocol', 0.2, port, 'IRC'))
  if (JOINS_UNWELCOMED.test(heads[0]!))
    signs.push(irc('joinsUnwelcomed', 'content', 0.5, 1, 'joins a channel before it is welcome'))
  if (BOT_NICK.test(local))
    signs.push(irc('botName', 'identity', 0.4, 1, 'a name that a program made'))
  if (far.some((head) => ORDER.test(head) || KAITEN_ORDER.test(head)))
    signs.push(irc('orders', 'known', 1, 1, 'orders in the channel'))
  return signs
}

function irc(
  feature: string,
  aspect: Sign['aspect'],
  weight: number,
  value: number,
  text: string,
): Sign {
  return { feature, kind: 'irc', aspect, weight, value, baseline: null, text }
}
