/**
 * The first words of remote-control programs and bots that speak in the clear, or whose cipher gives itself away.
 *
 * Sources: published protocol analyses of each family. A mark that is certain cannot be had by chance: it is six
 * bytes or more, or a length that must agree with the segment's.
 */
import type { StreamSide, UnknownStream } from '../../../../flow/flow.ts'

export interface Mark {
  /** Name of the tool. */
  readonly tool: string
  /** What was seen, in words. */
  readonly what: string
  /** 1 and more suffices alone. */
  readonly weight: number
}

interface Said {
  readonly local: readonly string[]
  readonly far: readonly string[]
  readonly localSizes: readonly number[]
  readonly farSizes: readonly number[]
  readonly stream: UnknownStream
}

type Test = (said: Said) => boolean

const byAny =
  (words: RegExp): Test =>
  ({ local, far }) =>
    local.some((head) => words.test(head)) || far.some((head) => words.test(head))
const byLocal =
  (words: RegExp): Test =>
  ({ local }) =>
    local.some((head) => words.test(head))
const byFar =
  (words: RegExp): Test =>
  ({ far }) =>
    far.some((head) => words.test(head))

const MARKS: readonly (readonly [tool: string, what: string, weight: number, test: Test])[] = [
  ['njRAT', "fields divided by |'|'|", 1.6, byAny(/\|'\|'\|/)],
  ['njRAT', 'a length in digits, NUL and a command', 1.2, byAny(/^\d{1,5}\0(?:ll|lv|inf|act|kl|CAP|rn)(?![a-z])/)],
  ['njRAT or XWorm', 'messages behind their length in digits and NUL', 1, isDigitFramed],
  ['XWorm', 'a field mark of its name', 1.6, byAny(/<Xwormmm>|<XWorm>/i)],
  ['Revenge-RAT', 'its first word and field mark', 1.6, byLocal(/^Information.{0,24}(?:\*-\]NK\[-\*|Revenge-RAT)/)],
  ['Gh0st', 'a token, two lengths and a zlib stream', 1.6, isGh0st],
  ['DarkComet', 'an enciphered IDTYPE in 12 hexadecimal digits', 1.5, isDarkComet],
  ['DarkComet', 'its commands in clear', 1.5, byAny(/^(?:IDTYPE$|KEEPALIVE\d{3}|KeepAlive\|\d{5}|GetSIN\d|#KCMDDC)/)],
  ['Xtreme RAT', 'its greeting', 1.6, byAny(/^m\0?y\0?v\0?e\0?r\0?s\0?i\0?o\0?n\0?\|/)],
  ['Poison Ivy', 'a challenge of 256 bytes and an answer of 256', 0.9, isPoisonIvy],
  ['NetWire', 'a greeting of 65 bytes behind their length', 1.3, isNetWire],
  ['NanoCore', 'its enciphered keep-alive', 1.6, byAny(/^\x08\0\0\0\xc1\xc3\xd0\x32\x43\x59\xa1\x78/)],
  ['NanoCore', 'a greeting of 64 bytes, then a keep-alive of 8, behind their lengths', 1, isNanoCore],
  ['Turkojan', 'its keep-alive BAGLANTI?', 1.6, byAny(/^BAGLANTI\?/)],
  ['CyberEye', 'its keep-alive BAGLAMI? or greeting ANABILGI', 1.6, byAny(/^(?:BAGLAMI\?|ANABILGI\|)/)],
  ['CyberGate', 'digits, a bar and a zlib stream', 1.3, byAny(/^\d{1,6}\|\r?\n?x[\x01\x9c\xda]/)],
  ['CyberGate', 'its commands in clear', 1.3, byAny(/^(?:maininfo\||keepalive\?|NewConnection\|)/)],
  ['Remcos', 'its packet mark', 1.6, byAny(/^\[DataStart\]|^\x24\x04\xff\0/)],
  ['Luminosity', 'its packet mark', 1.6, byAny(/=P4CK3T=|8_=_8/)],
  ['Warzone', 'its first enciphered bytes', 1.3, byAny(/^\x29\xbb\x66\xe4/)],
  ['RedLine', 'its calls', 1.4, byLocal(/tempuri\.org\/(?:Entity|Endpoint)\/(?:Id\d|CheckConnect)/)],
  ['Crimson', 'its commands behind their length', 1.5, byAny(/^.{3,5}\0.{0,8}(?:info=command|procl=process|getavs=avprocess|thumb=command|clping=command)/s)],
  ['NetBus', 'its greeting', 1.6, byAny(/^NetBus \d\.\d/)],
  ['SubSeven', 'its greeting', 1.4, byFar(/^connected\. (?:time\/date: )?\d\d[:.]\d\d/i)],
  ['STRRAT', 'its ping', 1.6, byAny(/STRRAT/)],
  ['RedLine', 'a .NET channel to a bare address', 1, byLocal(/^\0\x01\0\x01\x02\x02.net\.tcp:\/\/\d+\.\d+\.\d+\.\d+:\d+\//s)],
  ['Ramnit', 'its frame', 1, isRamnit],
  ['Metasploit', 'a stage: a length and a program', 1.6, isStage],
  ['Gafgyt', 'its commands', 1.4, byFar(/^!\* ?(?:SCANNER|UDP|TCP|HOLD|JUNK|HTTP|STD|KILLATTK|PING)/)],
  ['Gafgyt', 'PONG! to PING', 1.2, ({ local, far }) => far.some((head) => /^PING\s*$/.test(head)) && local.some((head) => /^PONG!\s*$/.test(head))],
  ['Mirai', 'its registration', 1.2, isMirai],
  ['a shell', "a Windows command prompt", 1.5, byLocal(/^Microsoft Windows \[Version|^Microsoft\(R\) Windows DOS|^Windows PowerShell\r?\n/)],
  ['a shell', 'a Unix shell without a terminal', 1.4, byLocal(/no job control in this shell|can't access tty|^(?:uid=\d+\(|(?:ba)?sh-\d\.\d+[#$] )/)],
] // prettier-ignore

/** Returns the weightiest mark that the stream bears; null when it bears none. Cost: some 25 comparisons. */
export function markOf(stream: UnknownStream): Mark | null {
  const said: Said = {
    local: bytesOf(stream.originator),
    far: bytesOf(stream.responder),
    localSizes: stream.originator.headSizes,
    farSizes: stream.responder.headSizes,
    stream,
  }
  let best: Mark | null = null
  for (const [tool, what, weight, test] of MARKS) {
    if (weight > (best?.weight ?? 0) && test(said)) best = { tool, what, weight }
  }
  return best
}

/** The heads as text of one character a byte. */
export function bytesOf(side: StreamSide): string[] {
  return side.heads.map((head) => Buffer.from(head, 'hex').toString('latin1'))
}

function littleAt(bytes: string, at: number): number {
  const byte = (index: number): number => bytes.charCodeAt(at + index)
  return byte(0) + byte(1) * 256 + byte(2) * 65536 + byte(3) * 16777216
}

/** Debuggers (DBGp) frame alike, but end with a NUL that their length leaves out. */
function isDigitFramed({ local, far, localSizes, farSizes }: Said): boolean {
  const heads = [...local, ...far]
  const sizes = [...localSizes, ...farSizes]
  return (
    heads.length >= MIN_DIGIT_FRAMES && heads.every((head, at) => isDigitFrame(head, sizes[at]!))
  )
}

function isDigitFrame(head: string, size: number): boolean {
  const [prefix = ''] = /^[1-9]\d{0,5}\0/.exec(head) ?? []
  return prefix !== '' && Number(prefix.slice(0, -1)) === size - prefix.length
}

const MIN_DIGIT_FRAMES = 4

const LONGEST_STAGE = 16_777_216

/** Tokens differ by variant and mostly have five letters; the lengths and zlib's header stay. */
function isGh0st({ local, far, localSizes, farSizes }: Said): boolean {
  return hasGh0stFrame(local[0], localSizes[0]) || hasGh0stFrame(far[0], farSizes[0])
}

function hasGh0stFrame(head: string | undefined, size = 0): boolean {
  if (head === undefined || head.length < 16) return false
  for (let token = 3; token <= 16; token += 1) {
    if (head[token + 8] !== '\x78' || !/[\x01\x9c\xda]/.test(head[token + 9] ?? '')) continue
    const whole = littleAt(head, token)
    const unpacked = littleAt(head, token + 4)
    const agrees = whole === size || (whole > size && size >= 1000 && whole < LONGEST_STAGE)
    if (
      agrees &&
      unpacked > 0 &&
      unpacked < LONGEST_STAGE &&
      /^[\x21-\x7e]+$/.test(head.slice(0, token))
    )
      return true
  }
  return false
}

function isDarkComet({ stream, local, far, farSizes }: Said): boolean {
  const isHexadecimal = /^[0-9A-F]{12}$/.test(far[0] ?? '') && farSizes[0] === 12
  return stream.isResponderFirst && isHexadecimal && /^[0-9A-F]{12,64}$/.test(local[0] ?? '')
}

function isPoisonIvy({ stream, local, localSizes, farSizes }: Said): boolean {
  if (stream.isResponderFirst || localSizes[0] !== 256) return false
  const isAnswered = farSizes[0] === 256 || farSizes[0] === 260
  return isAnswered && /[\x80-\xff]/.test(local[0] ?? '')
}

function isNetWire({ local, localSizes }: Said): boolean {
  return localSizes[0] === 69 && /^A\0\0\0[\x03\x05\x99]/.test(local[0] ?? '')
}

function isNanoCore({ local, localSizes }: Said): boolean {
  const isGreeting = localSizes[0] === 68 && (local[0] ?? '').startsWith('@\0\0\0')
  return isGreeting && localSizes[1] === 12 && (local[1] ?? '').startsWith('\x08\0\0\0')
}

function isRamnit({ local, localSizes }: Said): boolean {
  const [head = ''] = local
  return /^\0\xff..\0\0[\x01\xe2]/s.test(head) && littleAt(head, 2) === localSizes[0]! - 6
}

/** The stager reads a length, then a program of that length, before it says a word. */
function isStage({ stream, far }: Said): boolean {
  const [head = '', next = ''] = far
  if (!stream.isResponderFirst || head.length < 4) return false
  const length = littleAt(head, 0)
  if (length < 10_000 || length > LONGEST_STAGE) return false
  return isProgram(head.slice(4)) || (head.length === 4 && isProgram(next))
}

/** Windows' or Linux' mark at its beginning. */
const isProgram = (bytes: string): boolean => bytes.startsWith('MZ') || bytes.startsWith('\x7fELF')

function isMirai({ stream, local, localSizes }: Said): boolean {
  if (stream.isResponderFirst || !(local[0] ?? '').startsWith('\0\0\0\x01')) return false
  const isPing = stream.beat?.bytes === 2 && !stream.beat.isFromResponder
  return localSizes[0]! <= 40 && (isPing || local.slice(1).some((head) => head === '\0\0'))
}
