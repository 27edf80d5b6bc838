/**
 * TCP connections of no known application: whether a shell answers on them, or filler is poured into a buffer.
 *
 * Shells bring no protocol of their own; their prompts and the first commands' answers are all there is. Whoever asks
 * for a name or a password first is a console behind a terminal server, and no shell left by a thief.
 */
import type { Packet } from '../../decode/index.ts'
import type { RawSign } from './facts.ts'
import { tellJavaObject } from './java-object.ts'
import { byteAt, textAt, type Payload } from './payload.ts'
import { FactReader, Next, type ReadingContext } from './reader.ts'

/** Payloads looked at; answers may come letter by letter. */
const MOST_READS = 400
/** Characters of one side that are looked at together. */
const WINDOW = 256
const LONGEST_PAYLOAD = 512
/** Bytes of a payload that must be text. */
const LOOKED_AT = 64
/** One instruction byte in a row: the landing strip of an exploit of this size or more. */
const SHORTEST_SLED = 48
/** Letters without anything between them: no encoding or language makes so many. */
const SHORTEST_FILLER = 400
/** Kinds of letters among them; padding has one or two. */
const FILLER_LETTERS = 24
const SHORTEST_OVERFLOW = 128

/** What only shells write: identities, banners, prompts, and their complaints when they have no terminal. */
const SHELL_WORDS: readonly RegExp[] = [
  /uid=\d{1,10}(?:\([\w.$+-]{1,32}\))? ?gid=\d{1,10}/,
  /Microsoft Windows \[[^\]]{1,20} \d+\.\d/,
  /(?:\/bin\/)?(?:ba|da)?sh: (?:\d+: )?(?:can't access tty|no job control in this shell|cannot set terminal process group)/,
  /(?:^|[\n}])bash-\d\.\d{1,2}[$#] /,
  /(?:^|[\n}])(?:PS )?[A-Z]:\\[\w\\ .$~-]{0,80}> ?$/,
  /(?:^|[\n}])[\w.-]{1,32}@[\w.-]{1,64}:[~/][\w/.-]{0,80}[$#] $/,
]
/** The list of accounts, which a shell writes when it was told to; a copy of it comes unasked. */
const ACCOUNTS = /(?:root|daemon):[x*]:0:0:/
const ASKS_WHO = /(?:^|\n|[\w.-]{1,32} )(?:login|username|password): ?$/i

/** Says whether a payload begins like text: printable, with the few controls that terminals use. */
export function isTextual(payload: Payload): boolean {
  const end = Math.min(payload.payloadCaptured, LOOKED_AT)
  for (let at = 0; at < end; at += 1) {
    const byte = byteAt(payload, at)
    if (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b) return false
    if (byte >= 0x7f) return false
  }
  return end > 0
}

/** Says whether a payload holds a sled or filler. */
export function isOverflow(payload: Payload): boolean {
  return payload.payloadCaptured >= SHORTEST_OVERFLOW && overflowOf(payload) !== null
}

/** Tells of the overflow that the payload holds, if it does. */
export function tellOverflow(context: ReadingContext, payload: Payload, side: number): void {
  const sign = overflowOf(payload)
  if (sign === null) return
  context.tell({ kind: 'raw-sign', sign, isFromResponder: side === 1, text: '' })
}

function overflowOf(payload: Payload): 'nop-sled' | 'letter-filler' | null {
  let sled = 0
  let letters = 0
  let kinds = new Set<number>()
  for (let at = 0; at < payload.payloadCaptured; at += 1) {
    const byte = byteAt(payload, at)
    sled = byte === 0x90 ? sled + 1 : 0
    if (sled >= SHORTEST_SLED) return 'nop-sled'
    if (isLetter(byte)) {
      letters += 1
      kinds.add(byte)
    } else if (letters > 0) {
      letters = 0
      kinds = new Set()
    }
    if (letters >= SHORTEST_FILLER && kinds.size >= FILLER_LETTERS) return 'letter-filler'
  }
  return null
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** Reads a connection's text, both sides apart. */
export class RawTalk extends FactReader {
  readonly #windows: [string, string] = ['', '']
  reads = 0

  constructor(context: ReadingContext) {
    super(context)
    this.mayHold(2 * WINDOW)
  }

  override read(packet: Packet, side: number, gap: number): number {
    this.reads += 1
    if (this.reads > MOST_READS) return Next.DONE
    // Sent again; and a keep-alive's byte.
    if (gap < 0) return Next.MORE
    if (!isTextual(packet)) {
      tellJavaObject(this.context, packet, side)
      return Next.DONE
    }
    const own = side === 0 ? 0 : 1
    const shown = textAt(packet, 0, packet.payloadCaptured, LONGEST_PAYLOAD)
    const text = this.#windows[own] + shown.replaceAll('\\u{a}', '\n').replaceAll('\\u{d}', '')
    if (ASKS_WHO.test(text)) return Next.DONE
    const sign = this.#signIn(text, own)
    if (sign === undefined) {
      this.#windows[own] = text.slice(-WINDOW)
      return Next.MORE
    }
    this.context.tell(shellSign(sign.trim(), own === 1))
    return Next.DONE
  }

  #signIn(text: string, own: number): string | undefined {
    const sign = SHELL_WORDS.map((words) => words.exec(text)?.[0]).find((found) => found)
    return sign ?? (this.#windows[1 - own] === '' ? undefined : ACCOUNTS.exec(text)?.[0])
  }

  override facts(): null {
    return null
  }
}

function shellSign(text: string, isFromResponder: boolean): RawSign {
  return { kind: 'raw-sign', sign: 'shell', isFromResponder, text }
}
