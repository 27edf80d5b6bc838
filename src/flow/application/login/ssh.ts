/**
 * SSH (RFC 4253): both version lines, and HASSH, which names the software by the algorithms it offers.
 *
 * Source: https://github.com/salesforce/hassh. What follows the key exchange's first message is not read.
 */
import { hash } from 'node:crypto'
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts } from '../facts.ts'
import {
  PayloadPart,
  byteAt,
  lineEnd,
  nextLine,
  pattern,
  startsWith,
  textAt,
  uint32At,
  type Payload,
} from '../payload.ts'
import { FactReader, Next, type ReadingContext, type SetAside } from '../reader.ts'
import { Assembly } from '../streams/stream-buffers.ts'

const BANNER = pattern('SSH-')
const LONGEST_BANNER = 255
const KEXINIT = 20
/** Length, padding's length, the message's number, cookie. */
const LISTS_AT = 4 + 1 + 1 + 16
const LISTS = 8
const LONGEST_LIST = 1024
/** Which of the eight lists HASSH joins: key exchange, then cipher, MAC, compression of one direction. */
const CLIENT_LISTS = [0, 2, 4, 6]
const SERVER_LISTS = [0, 3, 5, 7]
/** A side that has not sent its KEXINIT by then never will. */
const MOST_PAYLOADS = 16

/** The version line. */
export function isSsh(payload: Payload): boolean {
  return startsWith(payload, BANNER)
}

export class SshReader extends FactReader {
  readonly #assembly: readonly [Assembly, Assembly]
  readonly #banners: [string | null, string | null] = [null, null]
  readonly #kexInits: [KexInit | null, KexInit | null] = [null, null]
  #payloads = 0
  readonly #isDone: [boolean, boolean] = [false, false]

  constructor(context: ReadingContext) {
    super(context)
    this.#assembly = [new Assembly(context.buffers), new Assembly(context.buffers)]
  }

  override read(packet: Packet, side: number): number {
    const own = side === 0 ? 0 : 1
    this.#payloads += 1
    const assembly = this.#assembly[own]
    if (this.#isDone[own]) return this.#payloads > MOST_PAYLOADS ? this.#endAll() : Next.MORE
    const bytes = assembly.add(packet)
    const isWhole = bytes === null || this.#readOpening(bytes, own)
    if (!isWhole && this.#payloads < MOST_PAYLOADS && assembly.wait(packet)) {
      return Next.MORE
    }
    assembly.end(!isWhole || bytes === null)
    this.#isDone[own] = true
    return this.#isDone[0] && this.#isDone[1] ? Next.DONE : Next.MORE
  }

  #endAll(): number {
    for (const assembly of this.#assembly) assembly.end(true)
    return Next.DONE
  }

  override release(): void {
    for (const assembly of this.#assembly) assembly.end(true)
    super.release()
  }

  /** Reads version line and KEXINIT; false when more is needed. */
  #readOpening(bytes: Payload, side: 0 | 1): boolean {
    let at = 0
    if (startsWith(bytes, BANNER)) {
      at = nextLine(bytes, 0)
      if (this.#banners[side] === null && at >= 0) this.#readBanner(bytes, side)
      if (at < 0) return bytes.payloadCaptured > LONGEST_BANNER
    }
    const length = uint32At(bytes, at)
    if (length < 0) return false
    if (byteAt(bytes, at + 5) >= 0 && byteAt(bytes, at + 5) !== KEXINIT) return true
    if (at + 4 + length > bytes.payloadCaptured) return false
    const kexInit = message.show(bytes, at, at + 4 + length)
    this.#kexInits[side] = this.setAside(kexInit) ?? readHassh(kexInit, side)
    return true
  }

  #readBanner(bytes: Payload, side: 0 | 1): void {
    const text = textAt(bytes, 0, lineEnd(bytes, 0), LONGEST_BANNER)
    this.#banners[side] = this.keep(text)
    if (!this.context.isHeard) return
    this.context.tell({
      kind: 'banner',
      application: 'ssh',
      isFromResponder: side === 1,
      text,
    })
  }

  #hassh(side: 0 | 1): string | null {
    const kexInit = this.#kexInits[side]
    return typeof kexInit === 'object' && kexInit !== null
      ? readHassh(kexInit.payload(), side)
      : kexInit
  }

  override facts(): ApplicationFacts {
    return {
      kind: 'ssh',
      client: this.#banners[0],
      server: this.#banners[1],
      hassh: this.#hassh(0),
      hasshServer: this.#hassh(1),
    }
  }
}

/** A side's KEXINIT as it was sent, or its HASSH where it had to be read at once. */
type KexInit = SetAside | string

const message = new PayloadPart()

/** The MD5 of four of KEXINIT's name lists (RFC 4253 §7.1) joined by semicolons. */
function readHassh(bytes: Payload, side: 0 | 1): string | null {
  const wanted = side === 0 ? CLIENT_LISTS : SERVER_LISTS
  const lists: string[] = []
  let from = LISTS_AT
  for (let index = 0; index < LISTS; index += 1) {
    const length = uint32At(bytes, from)
    if (length < 0 || from + 4 + length > bytes.payloadCaptured) return null
    lists.push(textAt(bytes, from + 4, from + 4 + length, LONGEST_LIST))
    from += 4 + length
  }
  return hash('md5', wanted.map((index) => lists[index]).join(';'))
}
