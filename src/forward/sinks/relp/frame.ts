/** RELP's frames: `TXNR COMMAND LENGTH DATA`, each ended by a line feed. */
import type { SyslogText } from '../../formats/syslog/message.ts'

export interface Frame {
  /** Of the command that it is or answers; 0 for what the server says unasked. */
  readonly transaction: number
  readonly command: string
  readonly data: string
}

export const LAST_TRANSACTION = 999_999_999
/** Far more than any answer needs; a longer one is an attempt on our memory. */
const MAX_DATA_BYTES = 8192
/** Two numbers of nine digits, a command of 32 characters, a space behind each. */
const MAX_HEADER_BYTES = 53
const HEADER = /^(\d{1,9}) ([A-Za-z]{1,32}) (\d{1,9})([ \n])/
/** What may still become a header with what comes. */
const HEADER_BEGUN = /^\d{0,9}$|^\d{1,9} [A-Za-z]{0,32}$|^\d{1,9} [A-Za-z]{1,32} \d{0,9}$/
const LINE_FEED = 0x0a

/** Writes a command. */
export function encodeFrame(transaction: number, command: string, data: Buffer): Buffer {
  const length = data.length === 0 ? '0' : `${data.length} `
  return Buffer.concat([
    Buffer.from(`${transaction} ${command} ${length}`),
    data,
    Buffer.of(LINE_FEED),
  ])
}

/** Writes a command whose data are text of so many bytes. */
export function textFrame(
  transaction: number,
  command: string,
  { text, bytes }: SyslogText,
): string {
  return `${transaction} ${command} ${bytes} ${text}\n`
}

/** Takes a stream apart; holds at most one frame. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Gives the frames that are whole with these bytes. Errors: throws on what is no RELP, or too long. */
  push(bytes: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const frames: Frame[] = []
    for (let frame = this.#take(); frame !== null; frame = this.#take()) frames.push(frame)
    return frames
  }

  #take(): Frame | null {
    const head = this.#rest.toString('latin1', 0, MAX_HEADER_BYTES)
    const match = HEADER.exec(head)
    if (match === null) {
      if (!HEADER_BEGUN.test(head)) throw notRelp(head)
      return null
    }
    const [header, transaction, command, length] = match as unknown as [
      string,
      string,
      string,
      string,
    ]
    const dataBytes = Number(length)
    if (dataBytes > MAX_DATA_BYTES) throw new Error(`the collector's answer has ${dataBytes} bytes`)
    // A frame without data has its line feed right behind the length.
    const start = dataBytes === 0 ? header.length - 1 : header.length
    const end = start + dataBytes
    if (this.#rest.length <= end) return null
    if (this.#rest[end] !== LINE_FEED || (dataBytes > 0 && match[4] === '\n')) throw notRelp(head)
    const data = this.#rest.toString('utf8', start, end)
    this.#rest = this.#rest.subarray(end + 1)
    return { transaction: Number(transaction), command, data }
  }
}

const notRelp = (head: string): Error =>
  new Error(`the collector does not speak RELP: ${JSON.stringify(head.slice(0, 40))}`)
