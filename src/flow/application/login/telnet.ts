/**
 * Telnet (RFC 854): who logs in and whether it fails, by the prompts that servers write.
 *
 * The protocol itself has no login, so the words must tell; what is typed at a login prompt is kept, of what
 * is typed at the password prompt a digest until the login ends; the first lines typed into the shell are told and not
 * kept. Option negotiation is passed over.
 */
import type { Packet } from '../../../decode/index.ts'
import { endsInLine } from '../streams/message-ends.ts'
import { byteAt, findWord, pattern, type Payload } from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'
import { LoginReader } from './login-reader.ts'
import { secretDigestOf } from './secret-digest.ts'

const IAC = 0xff
const SB = 0xfa
const SE = 0xf0
const FIRST_OPTION_COMMAND = 0xfb
const LONGEST_SHOWN = 512
const LONGEST_NAME = 64
const LONGEST_COMMAND = 256
/** Lines of a shell that are told. */
const MOST_COMMANDS = 32
const CR = 0x0d
const LF = 0x0a
const BACKSPACE = 0x08
const DELETE = 0x7f

const FAILURES = [
  'INCORRECT', 'LOGIN FAILED', 'AUTHENTICATION FAILED', 'ACCESS DENIED', 'BAD PASSWORD',
  'INVALID LOGIN', 'INVALID PASSWORD', 'LOGIN INVALID', 'FAILED LOGIN', 'FEHLGESCHLAGEN',
].map(pattern) // prettier-ignore
const SUCCESSES = ['LAST LOGIN', 'WELCOME', 'BUSYBOX'].map(pattern)
const PASSWORDS = ['PASSWORD:', 'PASSWORT:', 'KENNWORT:', 'MOT DE PASSE:', 'CONTRASE'].map(pattern)
const NAME_PROMPTS = [
  'LOGIN:',
  'USERNAME:',
  'USER:',
  'USER NAME:',
  'LOGIN AS:',
  'BENUTZERNAME:',
  'UTILISATEUR:',
  'USUARIO:',
].map(pattern)
/** Ends of shell prompts: `$`, `#`, `>`, `%`. */
const SHELL_ENDS = [0x24, 0x23, 0x3e, 0x25]

/** Option negotiation: IAC, then WILL, WONT, DO or DONT. */
export function isTelnet(payload: Payload, first: number): boolean {
  return first === IAC && byteAt(payload, 1) >= FIRST_OPTION_COMMAND && byteAt(payload, 1) <= 0xfe
}

export class TelnetReader extends LoginReader {
  #expects: 'nothing' | 'name' | 'password' | 'outcome' | 'command' = 'nothing'
  #typed = ''
  #name = ''
  #commands = 0
  readonly #text: TelnetText

  constructor(context: ReadingContext) {
    super('telnet', context)
    this.#text = TEXT
  }

  protected override speaksLikeServer(): boolean {
    return false
  }

  /** Servers answer on the flow's responder side; both sides may begin to negotiate. */
  override read(packet: Packet, side: number): number {
    const text = this.#text.show(packet)
    if (text.payloadCaptured === 0) return Next.MORE
    return side === 1 ? this.#readShown(text) : this.#readTyped(text)
  }

  /** Prompts have no line's end, but a colon or a sign; what ends in a letter may go on. What is typed comes so. */
  protected override isPiece(payload: Payload, side: number): boolean {
    return side === 1 && endsInLine(payload) && isLetter(byteAt(payload, payload.payloadLength - 1))
  }

  #readShown(text: Payload): number {
    if (this.#expects === 'command') return Next.MORE
    this.hearsServer()
    const end = text.payloadCaptured
    const isAwaited = this.#expects === 'outcome'
    // Where the client is not captured, the refusal is what tells that it typed.
    const mayFail = isAwaited || this.#expects === 'password'
    if (mayFail && FAILURES.some((word) => findWord(text, word, 0, end) >= 0)) {
      this.endLogin('failure', null)
      this.#expects = 'nothing'
    } else if (isAwaited && isSuccess(text)) {
      this.endLogin('success', null)
      this.#expects = 'command'
      return this.context.isHeard ? Next.MORE : Next.DONE
    }
    if (PASSWORDS.some((word) => findWord(text, word, 0, end) >= 0)) {
      // So is a password asked for again, as routers do that know no names.
      if (this.#expects === 'outcome') this.endLogin('failure', null)
      this.#expects = 'password'
      this.#typed = ''
    } else if (NAME_PROMPTS.some((word) => findWord(text, word, 0, end) >= 0)) {
      // A prompt for a name, after a password was typed, is a refusal without words.
      if (this.#expects === 'outcome') this.endLogin('failure', null)
      this.#expects = 'name'
      this.#typed = ''
      this.greet(text, 0, end)
    }
    return Next.MORE
  }

  #readTyped(text: Payload): number {
    for (let at = 0; at < text.payloadCaptured; at += 1) {
      const byte = byteAt(text, at)
      if (byte === CR || byte === LF) this.#enter()
      else if (this.#expects !== 'nothing' && this.#expects !== 'outcome') this.#type(byte)
    }
    return this.#commands < MOST_COMMANDS ? Next.MORE : Next.DONE
  }

  #enter(): void {
    if (this.#expects === 'name' && this.#typed !== '') {
      this.setUser(this.#typed)
      this.#name = this.#typed
      this.#expects = 'nothing'
    } else if (this.#expects === 'password') {
      this.offer({ user: this.#name, secret: secretDigestOf(this.#typed) })
      this.#expects = 'outcome'
    } else if (this.#expects === 'command' && this.#typed !== '') {
      this.#commands += 1
      this.context.tell({ kind: 'typed-command', text: this.#typed })
    }
    this.#typed = ''
  }

  #type(byte: number): void {
    if (byte === BACKSPACE || byte === DELETE) this.#typed = this.#typed.slice(0, -1)
    else if (byte >= 0x20 && byte < 0x7f && this.#typed.length < this.#longest) {
      this.#typed += String.fromCharCode(byte)
    }
  }

  get #longest(): number {
    return this.#expects === 'command' ? LONGEST_COMMAND : LONGEST_NAME
  }

  protected override readReply(): number {
    return Next.MORE
  }

  protected override readCommand(): number {
    return Next.MORE
  }
}

function isSuccess(text: Payload): boolean {
  const end = text.payloadCaptured
  if (SUCCESSES.some((word) => findWord(text, word, 0, end) >= 0)) return true
  let last = end - 1
  while (last > 0 && byteAt(text, last) === 0x20) last -= 1
  return SHELL_ENDS.includes(byteAt(text, last))
}

/** A payload's text without Telnet's commands, in a buffer that the next payload overwrites. */
class TelnetText implements Payload {
  readonly buffer = new Uint8Array(LONGEST_SHOWN)
  readonly payloadOffset = 0
  payloadCaptured = 0
  payloadLength = 0

  show(packet: Packet): Payload {
    let length = 0
    for (let at = 0; at < packet.payloadCaptured && length < LONGEST_SHOWN; at += 1) {
      const byte = byteAt(packet, at)
      if (byte === IAC) {
        at = afterCommand(packet, at)
        continue
      }
      if (byte === 0) continue
      this.buffer[length] = byte
      length += 1
    }
    this.payloadCaptured = length
    this.payloadLength = length
    return this
  }
}

const TEXT = new TelnetText()

/** Returns the last byte of the command that begins at `at`. */
function afterCommand(packet: Packet, at: number): number {
  const command = byteAt(packet, at + 1)
  if (command >= FIRST_OPTION_COMMAND && command <= 0xfe) return at + 2
  if (command !== SB) return at + 1
  for (let end = at + 2; end < packet.payloadCaptured; end += 1) {
    if (byteAt(packet, end) === SE && byteAt(packet, end - 1) === IAC) return end
  }
  return packet.payloadCaptured
}

function isLetter(byte: number): boolean {
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x7a
}
