/** One message of SMB 1 (MS-CIFS §2.2, MS-SMB §2.2): logins, shares, files and pipes, and exploits' marks. */
import { byteAt, findByte, textAt, uint16LittleAt, uint32LittleAt, utf16TextAt, type Payload } from '../../payload.ts' // prettier-ignore
import type { SmbSink } from './smb-sink.ts'

const COMMAND = 4
const STATUS = 5
const FLAGS = 9
const FLAGS2 = 10
const WORD_COUNT = 32
const WORDS = 33
const RESPONSE = 0x80
const UNICODE = 0x8000
const LONGEST_NAME = 255

const MULTIPLEX = 30

const Command = {
  TRANSACTION: 0x25,
  WRITE: 0x2f,
  TRANSACTION2: 0x32,
  TRANSACTION2_SECONDARY: 0x33,
  NEGOTIATE: 0x72,
  SESSION_SETUP: 0x73,
  TREE_CONNECT: 0x75,
  NT_TRANSACT: 0xa0,
  CREATE: 0xa2,
} as const
/** Where a transaction's words tell its data and what it is to do (MS-CIFS §2.2.4.33). */
const TRANSACTION_DATA = WORDS + 24
const TRANSACTION_SETUP = WORDS + 28
const TRANSACT_PIPE = 0x26
const PEEK_PIPE = 0x23
/** Reserved and never implemented: DoublePulsar listens here. */
const TRANS2_SESSION_SETUP = 0x0e
/** An implant adds 16 to the number of the ping, which all clients send as 65 or 66. */
const IMPLANT_ANSWERS = [0x51, 0x52]
/** What a server without MS17-010 says to a peek without a pipe. */
const INSUFFICIENT_RESOURCES = 0xc0000205
const NOT_IMPLEMENTED = 0xc0000002
const LARGEST_TRANSACTION = 0xffff
/** Words of a request, where the layout depends on it. */
const TREE_WORDS = 4
const CREATE_WORDS = 24
const LEGACY_LOGIN_WORDS = 13

/** Reads a message; chained commands (AndX) behind the first are not read. */
export function readSmb1(message: Payload, sink: SmbSink): void {
  const command = byteAt(message, COMMAND)
  const isResponse = (byteAt(message, FLAGS) & RESPONSE) !== 0
  if (message.payloadCaptured < WORDS) return
  if (isResponse) readResponse(message, command, sink)
  else readRequest(message, command, sink)
}

function readResponse(message: Payload, command: number, sink: SmbSink): void {
  if (command === Command.NEGOTIATE) sink.negotiated('1')
  else if (command === Command.SESSION_SETUP) {
    sink.challenges(message, WORDS)
    sink.endsLogin(uint32LittleAt(message, STATUS))
  } else if (command === Command.TRANSACTION) {
    if (uint32LittleAt(message, STATUS) === INSUFFICIENT_RESOURCES) sink.shows('lacks-patch')
  } else if (command === Command.TRANSACTION2) {
    const isAnswer = IMPLANT_ANSWERS.includes(uint16LittleAt(message, MULTIPLEX))
    if (isAnswer && uint32LittleAt(message, STATUS) === NOT_IMPLEMENTED)
      sink.shows('backdoor-answer')
  }
}

function readRequest(message: Payload, command: number, sink: SmbSink): void {
  const words = byteAt(message, WORD_COUNT)
  // The bytes behind the words, and their count.
  const bytes = WORDS + 2 * words + 2
  if (command === Command.SESSION_SETUP && words === LEGACY_LOGIN_WORDS) {
    // Two answers to the challenge stand before the name.
    const answers = uint16LittleAt(message, WORDS + 14) + uint16LittleAt(message, WORDS + 16)
    sink.namesUser(nameAt(message, bytes + Math.max(0, answers)))
  } else if (command === Command.SESSION_SETUP) {
    sink.asksLogin(message, bytes)
  } else if (command === Command.TREE_CONNECT && words === TREE_WORDS) {
    const password = uint16LittleAt(message, WORDS + 6)
    const tree = nameAt(message, bytes + Math.max(0, password))
    if (tree !== '') sink.connects(tree)
  } else if (command === Command.CREATE && words === CREATE_WORDS) {
    const name = nameAt(message, bytes)
    if (name !== '') sink.opens(name)
  } else if (command === Command.WRITE) {
    const offset = uint32LittleAt(message, WORDS + 6)
    const data = uint16LittleAt(message, WORDS + 22)
    if (data > 0) sink.writes(message, data, uint16LittleAt(message, WORDS + 4), offset === 0)
  } else {
    readTransaction(message, command, sink)
  }
}

function readTransaction(message: Payload, command: number, sink: SmbSink): void {
  const setup = uint16LittleAt(message, TRANSACTION_SETUP)
  if (command === Command.TRANSACTION) {
    const file = uint16LittleAt(message, TRANSACTION_SETUP + 2)
    const data = uint16LittleAt(message, TRANSACTION_DATA)
    if (setup === TRANSACT_PIPE && data > 0) sink.writes(message, data, file, false)
    else if (setup === PEEK_PIPE && file === 0) sink.shows('peek-without-pipe')
  } else if (command === Command.NT_TRANSACT) {
    const total = uint32LittleAt(message, WORDS + 7)
    if (total > LARGEST_TRANSACTION) sink.shows('oversized-transaction')
  } else if (command === Command.TRANSACTION2_SECONDARY) {
    sink.shows('mixed-transaction')
  } else if (command === Command.TRANSACTION2 && setup === TRANS2_SESSION_SETUP) {
    sink.shows('backdoor-ping')
  }
}

/** Text up to its NUL; UTF-16 begins at an even place of the message. */
function nameAt(message: Payload, at: number): string {
  const isUnicode = (uint16LittleAt(message, FLAGS2) & UNICODE) !== 0
  if (!isUnicode) {
    const end = findByte(message, 0, at, message.payloadCaptured)
    return textAt(message, at, end < 0 ? message.payloadCaptured : end, LONGEST_NAME)
  }
  const from = at + (at & 1)
  let to = from
  while (to + 2 <= message.payloadCaptured && uint16LittleAt(message, to) !== 0) to += 2
  return utf16TextAt(message, from, to, LONGEST_NAME)
}
