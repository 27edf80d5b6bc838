/** One RELP session: opened with an offer, then messages of which each is acknowledged, in any order. */
import { reasonOf } from '../../tls/index.ts'
import { StreamConnection, type StreamOptions } from '../../connections/stream-connection.ts'
import { within } from '../../connections/time-limit.ts'
import type { SyslogText } from '../../formats/syslog/message.ts'
import { encodeFrame, FrameReader, LAST_TRANSACTION, textFrame, type Frame } from './frame.ts'

export type SessionOptions = Omit<StreamOptions, 'onData'> & {
  /** Version of Picket, for the offer. */
  readonly version: string
  /** How many messages may be unanswered. */
  readonly window: number
}

/** A message and the number of what it tells. */
export interface Message {
  readonly sequence: number
  readonly message: SyslogText
}

/** Of what a collector gives as its reason. */
const LONGEST_REASON = 200

interface Pending {
  readonly sequence: number
  /** What the collector has answered; null until then. */
  answer: string | null
}

/**
 * Knows which messages the collector has answered. `acknowledged` never passes one that it has not: answers
 * may come in any order, and those ahead wait for those behind.
 *
 * Memory: at most `window` numbers, and one answer that is not yet whole.
 * Source: "RELP - The Reliable Event Logging Protocol", version 0.0.1 of the specification (relp_version 0).
 */
export class RelpSession {
  readonly #options: SessionOptions
  readonly #reader = new FrameReader()
  /** In the order in which they were sent. */
  readonly #pending = new Map<number, Pending>()
  #connection: StreamConnection | null = null
  #transaction = 0
  #opening: ((answer: string) => void) | null = null
  #failure: string | null = null
  #refused: number | null = null
  #acknowledged = 0
  /** Ends what waits for an answer, or for the session to fail. */
  #onNews: (() => void) | null = null

  private constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Connects and agrees on the protocol; rejects with what the collector does not do. */
  static async open(options: SessionOptions): Promise<RelpSession> {
    const session = new RelpSession(options)
    const onData = (bytes: Buffer): void => session.#read(bytes)
    session.#connection = await StreamConnection.open({ ...options, onData })
    try {
      await session.#agree()
    } catch (cause) {
      session.destroy()
      throw cause
    }
    return session
  }

  /** Why the session is no more; null while it stands. */
  get failure(): string | null {
    return this.#failure ?? this.#connection?.lost ?? null
  }

  /** Sequence up to which all was acknowledged; 0 before the first. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Sequence of the message that the collector refused, which ended the session. */
  get refused(): number | null {
    return this.#refused
  }

  get unanswered(): number {
    return this.#pending.size
  }

  /** Sends messages, never more at once than the window has room for; rejects when the session is lost. */
  async send(messages: readonly Message[]): Promise<void> {
    let start = 0
    while (start < messages.length) {
      // As soon as there is any room: what is sent carries our TCP's acknowledgement with it, without which a
      // server that has Nagle's algorithm on (rsyslogd's) keeps its next answers back for 40 ms.
      await this.#newsWhile(() => this.#pending.size >= this.#options.window)
      const room = this.#options.window - this.#pending.size
      const some = messages.slice(start, start + room)
      const frames = some.map(({ sequence, message }) => {
        const transaction = this.#nextTransaction()
        this.#pending.set(transaction, { sequence, answer: null })
        return textFrame(transaction, 'syslog', message)
      })
      await this.#connection!.write(Buffer.from(frames.join(''), 'utf8'))
      start += some.length
    }
  }

  /** Waits until all is answered, or nothing more has been for a time, or the session is lost. */
  async settle(timeoutMs: number): Promise<void> {
    await this.#newsWhile(() => this.#pending.size > 0, timeoutMs).catch(() => undefined)
  }

  /** Says that it ends, as the protocol has it, and ends. */
  async close(timeoutMs: number): Promise<void> {
    const close = encodeFrame(this.#nextTransaction(), 'close', Buffer.alloc(0))
    await Promise.race([this.#connection?.write(close), pause(timeoutMs)]).catch(() => undefined)
    await this.#connection?.finish(timeoutMs)
  }

  destroy(): void {
    this.#connection?.destroy()
  }

  async #agree(): Promise<void> {
    const { version, limits } = this.#options
    const offer = `relp_version=0\nrelp_software=picket,${version}\ncommands=syslog`
    let answer: string | null = null
    this.#opening = (data) => (answer = data)
    const open = encodeFrame(this.#nextTransaction(), 'open', Buffer.from(offer))
    await this.#connection!.write(open)
    await this.#newsWhile(() => answer === null, limits.connectTimeoutMs)
    assertAgreed(answer ?? '')
  }

  #read(bytes: Buffer): void {
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame)
    } catch (cause) {
      this.#fail(reasonOf(cause))
    }
    this.#onNews?.()
  }

  #take({ transaction, command, data }: Frame): void {
    if (command === 'serverclose') throw new Error('the collector ends the session')
    if (command !== 'rsp') throw new Error(`the collector gives the command ${command}`)
    const opening = this.#opening
    if (opening !== null) {
      this.#opening = null
      opening(data)
      return
    }
    const pending = this.#pending.get(transaction)
    if (pending === undefined) throw new Error(`the collector answers ${transaction}, never sent`)
    pending.answer = data.slice(0, LONGEST_REASON)
    this.#advance()
  }

  /** A refusal, too, waits for those before it: whoever passes over the refused message passes over them. */
  #advance(): void {
    for (const [transaction, { sequence, answer }] of this.#pending) {
      if (answer === null) return
      if (!isConsent(answer)) {
        this.#refused = sequence
        throw new Error(`the collector refuses a message: ${answer}`)
      }
      this.#acknowledged = sequence
      this.#pending.delete(transaction)
    }
  }

  #fail(reason: string): void {
    this.#failure ??= reason
    this.#connection?.destroy()
  }

  /** Waits for answers as long as the condition holds and each comes in time. */
  async #newsWhile(
    condition: () => boolean,
    timeoutMs = this.#options.limits.writeTimeoutMs,
  ): Promise<void> {
    while (condition()) {
      if (this.failure !== null) throw new Error(this.failure)
      await within(timeoutMs, 'the collector acknowledges nothing', (resolve) => {
        this.#onNews = resolve
        this.#connection!.whenLost(resolve)
      })
    }
  }

  #nextTransaction(): number {
    this.#transaction = this.#transaction === LAST_TRANSACTION ? 1 : this.#transaction + 1
    return this.#transaction
  }
}

function assertAgreed(answer: string): void {
  const [status = '', ...offers] = answer.split('\n')
  if (!isConsent(status)) {
    throw new Error(`the collector refuses the session: ${status.slice(0, LONGEST_REASON)}`)
  }
  const offered = new Map(offers.map((line) => line.split('=', 2) as [string, string]))
  const version = offered.get('relp_version')
  if (version !== '0') throw new Error(`the collector speaks RELP version ${version ?? 'unknown'}`)
  const commands = offered.get('commands')?.split(',') ?? []
  if (!commands.includes('syslog')) throw new Error('the collector takes no syslog over RELP')
}

const isConsent = (answer: string): boolean => /^200(\s|$)/.test(answer)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
