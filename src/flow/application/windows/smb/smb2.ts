/** One message of SMB 2 or 3 (MS-SMB2 §2.2): header, and the bodies that facts are made of. */
import { byteAt, uint16LittleAt, uint32LittleAt, utf16TextAt, type Payload } from '../../payload.ts'
import type { SmbSink } from './smb-sink.ts'
import { toolOfGuid } from './smb-tools.ts'

const STATUS = 8
const COMMAND = 12
const FLAGS = 16
const NEXT_COMMAND = 20
const BODY = 64
const RESPONSE = 1
const LONGEST_NAME = 255
/** Where a negotiation's GUID stands, of the client and of the server. */
const CLIENT_GUID = BODY + 12
const SERVER_GUID = BODY + 8

/** A compressed message: the size of what was compressed, and how many bytes come before it as they are. */
const COMPRESSED_SIZE = 4
const COMPRESSED_OFFSET = 12
const COMPRESSED_HEADER = 16
const MOST_BYTES = 0xffffffff

const Command = {
  NEGOTIATE: 0,
  SESSION_SETUP: 1,
  TREE_CONNECT: 3,
  CREATE: 5,
  WRITE: 9,
  IOCTL: 11,
  SET_INFO: 17,
} as const

/** Kind of information: of a file (1), its name (10). */
const RENAMES_FILE = 0x0a01

/** A pipe is written to and read from in one go (MS-FSCC §2.3). */
const PIPE_TRANSCEIVE = 0x0011c017

const DIALECTS = new Map([
  [0x0202, '2.0.2'],
  [0x0210, '2.1'],
  [0x0300, '3.0'],
  [0x0302, '3.0.2'],
  [0x0311, '3.1.1'],
])

/**
 * Reads the header of a compressed message, whose size and offset CVE-2020-0796 has a server add up beyond 32 bits.
 *
 * Source: MS-SMB2 §2.2.42.1.
 */
export function readCompressed(message: Payload, sink: SmbSink): void {
  if (message.payloadCaptured < COMPRESSED_HEADER) return
  const size = uint32LittleAt(message, COMPRESSED_SIZE)
  const offset = uint32LittleAt(message, COMPRESSED_OFFSET)
  if (size + offset > MOST_BYTES) sink.shows('overflowing-compression')
}

/** Reads a message and returns where the next of its chain begins; 0 when it is the last. */
export function readSmb2(message: Payload, sink: SmbSink): number {
  const command = uint16LittleAt(message, COMMAND)
  const isResponse = (byteAt(message, FLAGS) & RESPONSE) !== 0
  if (message.payloadCaptured < BODY) return 0
  if (isResponse) readResponse(message, command, sink)
  else readRequest(message, command, sink)
  const next = uint32LittleAt(message, NEXT_COMMAND)
  return next >= BODY && next < message.payloadCaptured ? next : 0
}

function readResponse(message: Payload, command: number, sink: SmbSink): void {
  if (command === Command.NEGOTIATE) {
    const dialect = DIALECTS.get(uint16LittleAt(message, BODY + 4))
    if (dialect !== undefined) sink.negotiated(dialect)
    const tool = toolOfGuid(message, SERVER_GUID)
    if (tool !== null) sink.speaksAs(tool, true)
  } else if (command === Command.SESSION_SETUP) {
    const token = uint16LittleAt(message, BODY + 4)
    if (token >= BODY) sink.challenges(message, token)
    sink.endsLogin(uint32LittleAt(message, STATUS))
  }
}

function readRequest(message: Payload, command: number, sink: SmbSink): void {
  if (command === Command.NEGOTIATE) {
    const tool = toolOfGuid(message, CLIENT_GUID)
    if (tool !== null) sink.speaksAs(tool, false)
  } else if (command === Command.SESSION_SETUP) {
    const token = uint16LittleAt(message, BODY + 12)
    if (token >= BODY) sink.asksLogin(message, token)
  } else if (command === Command.TREE_CONNECT) {
    const tree = nameAt(message, BODY + 4)
    if (tree !== null) sink.connects(tree)
  } else if (command === Command.CREATE) {
    // The share's root has an empty name.
    const name = nameAt(message, BODY + 44)
    if (name !== null) sink.opens(name)
  } else if (command === Command.WRITE) {
    readWrite(message, sink)
  } else if (command === Command.SET_INFO) {
    readRename(message, sink)
  } else if (command === Command.IOCTL) {
    const input = uint32LittleAt(message, BODY + 24)
    if (uint32LittleAt(message, BODY + 4) !== PIPE_TRANSCEIVE || input < BODY) return
    sink.writes(message, input, uint32LittleAt(message, BODY + 8), false)
  }
}

/** FileRenameInformation (MS-FSCC §2.4.42.2) behind SET_INFO's body. */
function readRename(message: Payload, sink: SmbSink): void {
  if (uint16LittleAt(message, BODY + 2) !== RENAMES_FILE) return
  const at = uint16LittleAt(message, BODY + 8)
  const length = uint32LittleAt(message, at + 16)
  const from = at + 20
  if (at < BODY || length <= 0 || from + length > message.payloadCaptured) return
  sink.renames(utf16TextAt(message, from, from + length, LONGEST_NAME))
}

function readWrite(message: Payload, sink: SmbSink): void {
  const data = uint16LittleAt(message, BODY + 2)
  const offset = uint32LittleAt(message, BODY + 8) + uint32LittleAt(message, BODY + 12)
  if (data >= BODY) sink.writes(message, data, uint32LittleAt(message, BODY + 16), offset === 0)
}

/** Text whose place, from the header on, and length stand at `at`; null when it is empty or was cut. */
function nameAt(message: Payload, at: number): string | null {
  const from = uint16LittleAt(message, at)
  const length = uint16LittleAt(message, at + 2)
  if (length <= 0 || from < BODY || from + length > message.payloadCaptured) return null
  return utf16TextAt(message, from, from + length, LONGEST_NAME)
}
