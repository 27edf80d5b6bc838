/**
 * SMB 2 and 3 (MS-SMB2), and SMB 1 (MS-CIFS) in its own file: dialect, logins, shares, files and pipes.
 *
 * Of what is written only calls over pipes are read, and whether a program is copied.
 * Left out: what is read; everything within SMB 3's encryption and compression, and SMB over QUIC.
 */
import type { Packet } from '../../../../decode/index.ts'
import type { SmbFacts, SmbSign, SmbTool } from '../../facts.ts'
import { MessageFrames } from '../../streams/message-frames.ts'
import { PayloadPart, pattern, startsWith, type Payload } from '../../payload.ts'
import { FactReader, Next } from '../../reader.ts'
import { readNtlmChallenge, readNtlmLogin } from '../ntlm.ts'
import { isProgramAt, SmbPipes } from './smb-pipes.ts'
import type { SmbSink } from './smb-sink.ts'
import { readSmb1 } from './smb1.ts'
import { readCompressed, readSmb2 } from './smb2.ts'

const SMB1 = pattern('\xffSMB')
const SMB2 = pattern('\xfeSMB')
const ENCRYPTED = pattern('\xfdSMB')
const COMPRESSED = pattern('\xfcSMB')
/** NetBIOS's length: a kind, and 24 bits of which SMB uses all (RFC 1002 §4.3.1, MS-SMB2 §2.1). */
const LENGTH_BYTES = 4
const LENGTH_MASK = 0xffffff

const MOST_TREES = 8
const MOST_NAMES = 16
const MORE_PROCESSING = 0xc0000016

const part = new PayloadPart()
const rest = new PayloadPart()

/** NetBIOS's length, then SMB's mark. */
export function isSmb(payload: Payload, first: number): boolean {
  return first === 0 && (startsWith(payload, SMB1, 4) || startsWith(payload, SMB2, 4))
}

export class SmbReader extends FactReader implements SmbSink {
  readonly #frames = [
    new MessageFrames(LENGTH_BYTES, LENGTH_MASK),
    new MessageFrames(LENGTH_BYTES, LENGTH_MASK),
  ] as const
  #dialect: string | null = null
  #user: string | null = null
  #currentUser: string | null = null
  #workstation: string | null = null
  readonly #trees: string[] = []
  readonly #names: string[] = []
  readonly #pipes = new SmbPipes()
  #lastTree: string | null = null
  #lastName: string | null = null
  #isOversized = false
  #opens = 0
  #authFailures = 0
  #authSuccesses = 0
  #sessionStatus: string | null = null
  #isEncrypted = false

  override read(packet: Packet, side: number, gap: number): number {
    const frames = this.#frames[side === 0 ? 0 : 1]
    frames.begin(packet, gap)
    while (frames.next(part)) {
      if (startsWith(part, ENCRYPTED)) {
        this.#isEncrypted = true
        return Next.DONE
      }
      if (startsWith(part, SMB1)) readSmb1(part, this)
      else if (startsWith(part, SMB2)) this.#readChain(part)
      else if (startsWith(part, COMPRESSED)) readCompressed(part, this)
    }
    return Next.MORE
  }

  protected override isPiece(payload: Payload, side: number): boolean {
    return this.#frames[side === 0 ? 0 : 1].endsInMessage(payload)
  }

  /** SMB 2 sends several commands in one message, each telling where the next begins. */
  #readChain(message: Payload): void {
    rest.show(message, 0, message.payloadLength)
    for (let count = 0; count < 16; count += 1) {
      const next = readSmb2(rest, this)
      if (next <= 0) return
      rest.show(rest, next, rest.payloadLength)
    }
  }

  negotiated(dialect: string): void {
    this.#dialect = dialect
  }

  asksLogin(message: Payload, tokenAt: number): void {
    const login = readNtlmLogin(message, tokenAt)
    if (login === null) return
    this.#currentUser = login.user
    this.#user ??= this.keep(login.user)
    this.#workstation ??= this.keep(login.workstation)
  }

  challenges(message: Payload, tokenAt: number): void {
    if (!this.context.isHeard) return
    const challenge = readNtlmChallenge(message, tokenAt)
    if (challenge !== null) this.context.tell({ kind: 'ntlm-challenge', challenge })
  }

  namesUser(user: string): void {
    if (user === '') return
    this.#currentUser = user
    this.#user ??= this.keep(user)
  }

  endsLogin(status: number): void {
    if (status === MORE_PROCESSING) return
    const code = `0x${status.toString(16).padStart(8, '0')}`
    this.#sessionStatus = code
    const outcome = status === 0 ? 'success' : 'failure'
    if (status === 0) this.#authSuccesses += 1
    else this.#authFailures += 1
    if (!this.context.isHeard) return
    const user = this.#currentUser
    this.context.tell({ kind: 'login', application: 'smb', outcome, user, code, secret: null })
  }

  connects(tree: string): void {
    this.#lastTree = this.context.isHeard ? tree : null
    if (this.context.isHeard) this.context.tell({ kind: 'smb-tree', name: tree })
    if (this.#trees.length < MOST_TREES && !this.#trees.includes(tree)) this.#add(this.#trees, tree)
  }

  opens(name: string): void {
    this.#opens += 1
    this.#lastName = this.context.isHeard ? name : null
    if (this.context.isHeard) this.context.tell({ kind: 'smb-open', name })
    if (this.#names.length < MOST_NAMES && !this.#names.includes(name)) this.#add(this.#names, name)
  }

  renames(name: string): void {
    if (this.context.isHeard) this.context.tell({ kind: 'smb-rename', name })
  }

  writes(message: Payload, at: number, file: number, isStart: boolean): void {
    if (!this.context.isHeard) return
    const call = this.#pipes.read(message, at, file)
    if (call !== null) this.context.tell(call)
    else if (isStart && isProgramAt(message, at)) {
      this.context.tell({ kind: 'smb-program', tree: this.#lastTree, name: this.#lastName })
    }
  }

  shows(sign: SmbSign['sign']): void {
    if (sign === 'oversized-transaction') this.#isOversized = true
    // A secondary request is odd only where it belongs to a transaction of the other kind.
    if (sign === 'mixed-transaction' && !this.#isOversized) return
    if (this.context.isHeard) this.context.tell({ kind: 'smb-sign', sign })
  }

  speaksAs(tool: SmbTool['tool'], isServer: boolean): void {
    if (this.context.isHeard) this.context.tell({ kind: 'smb-tool', tool, isServer })
  }

  #add(list: string[], text: string): void {
    const kept = this.keep(text)
    if (kept !== null) list.push(kept)
  }

  override facts(): SmbFacts {
    return {
      kind: 'smb',
      dialect: this.#dialect,
      user: this.#user,
      workstation: this.#workstation,
      trees: [...this.#trees],
      names: [...this.#names],
      opens: this.#opens,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
      sessionStatus: this.#sessionStatus,
      isEncrypted: this.#isEncrypted,
    }
  }
}
