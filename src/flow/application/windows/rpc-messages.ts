/**
 * Messages of DCE/RPC as clients send them (C706 §12, MS-RPCE §2.2.2): what they bind to and what they call.
 *
 * Left out: answers, big-endian clients, and what the arguments say, which are mostly sealed.
 */
import type { DcerpcCall } from '../facts.ts'
import { byteAt, hexAt, uint16LittleAt, uint32LittleAt, type Payload } from '../payload.ts'
import { interfaceName, isKnownInterface } from './rpc-interfaces.ts'

/** Bytes every message begins with. */
export const RPC_HEADER = 16
const Kind = { REQUEST: 0, BIND: 11, ALTER_CONTEXT: 14 } as const
const HIGHEST_KIND = 19
const KIND = 2
const FLAGS = 3
const FORMAT = 4
const LENGTH = 8
const AUTH_LENGTH = 10
const CONTEXT = 20
const OPNUM = 22
const ARGUMENTS = 24
const LITTLE_ENDIAN = 0x10
const FIRST_FRAGMENT = 1
const HAS_OBJECT = 0x80
const UUID_BYTES = 16
/** The list of contexts: how many, and where it begins. */
const CONTEXT_COUNT = 24
const CONTEXTS = 28
const MOST_CONTEXTS = 8
/** A context: number, count of transfer syntaxes, the interface with its version; a transfer syntax. */
const CONTEXT_HEAD = 24
const SYNTAX_BYTES = 20
/** The trailer before a signature. */
const AUTH_TRAILER = 8
const NETLOGON = 'netlogon'
/** Bytes between a proof's end and the arguments' end: flags behind NetrServerAuthenticate2 and 3, none behind a challenge. */
const PROOF_TAILS = new Map([
  [4, 0],
  [15, 4],
  [26, 4],
])

/** Version 5, of a kind that there is, little-endian, with a length that holds a header. */
export function isRpc(payload: Payload, at = 0): boolean {
  if (byteAt(payload, at) !== 5 || byteAt(payload, at + 1) > 1) return false
  if (byteAt(payload, at + KIND) > HIGHEST_KIND) return false
  if (byteAt(payload, at + FORMAT) !== LITTLE_ENDIAN || byteAt(payload, at + 5) !== 0) return false
  return uint16LittleAt(payload, at + LENGTH) >= RPC_HEADER
}

/** Returns the whole length of the message that begins at `at`. */
export function rpcLength(payload: Payload, at: number): number {
  return uint16LittleAt(payload, at + LENGTH)
}

/** One connection, or one pipe: which context stands for which interface. */
export class RpcContexts {
  readonly #interfaces = new Map<number, string>()

  /** Reads a client's message; null when there is nothing to tell. A bind to several tells the first. */
  read(payload: Payload, at: number): DcerpcCall | null {
    const kind = byteAt(payload, at + KIND)
    if (kind === Kind.BIND || kind === Kind.ALTER_CONTEXT) return this.#bind(payload, at)
    const isFirst = (byteAt(payload, at + FLAGS) & FIRST_FRAGMENT) !== 0
    return kind === Kind.REQUEST && isFirst ? this.#request(payload, at) : null
  }

  #bind(payload: Payload, at: number): DcerpcCall | null {
    const count = Math.min(byteAt(payload, at + CONTEXT_COUNT), MOST_CONTEXTS)
    let from = at + CONTEXTS
    let first: string | null = null
    for (let index = 0; index < count; index += 1) {
      if (from + CONTEXT_HEAD > payload.payloadCaptured) break
      const name = interfaceName(uuidAt(payload, from + 4))
      const context = uint16LittleAt(payload, from)
      const isNew = this.#interfaces.get(context) !== name
      const hasRoom = this.#interfaces.has(context) || this.#interfaces.size < MOST_CONTEXTS * 2
      if (hasRoom) this.#interfaces.set(context, name)
      if (isNew) first ??= name
      from += CONTEXT_HEAD + SYNTAX_BYTES * byteAt(payload, from + 2)
    }
    return first === null ? null : { ...CALL, interface: first }
  }

  #request(payload: Payload, at: number): DcerpcCall | null {
    const name = this.#interfaces.get(uint16LittleAt(payload, at + CONTEXT))
    const opnum = uint16LittleAt(payload, at + OPNUM)
    if (name === undefined || opnum < 0 || !isKnownInterface(name)) return null
    const argumentBytes = Math.max(0, rpcLength(payload, at) - ARGUMENTS)
    const hasZeroCredential = name === NETLOGON && hasZeroProof(payload, at, opnum)
    return { ...CALL, interface: name, opnum, argumentBytes, hasZeroCredential }
  }
}

const CALL = { kind: 'dcerpc', opnum: null, argumentBytes: 0, hasZeroCredential: false } as const

/** Says whether the eight bytes of a logon's challenge or proof are all zero. */
function hasZeroProof(payload: Payload, at: number, opnum: number): boolean {
  const tail = PROOF_TAILS.get(opnum)
  if (tail === undefined) return false
  const signature = uint16LittleAt(payload, at + AUTH_LENGTH)
  const trailer = signature > 0 ? signature + AUTH_TRAILER : 0
  const end = at + rpcLength(payload, at) - trailer - tail
  const object = (byteAt(payload, at + FLAGS) & HAS_OBJECT) === 0 ? 0 : UUID_BYTES
  if (end - 8 < at + ARGUMENTS + object || end > payload.payloadCaptured) return false
  return uint32LittleAt(payload, end - 8) === 0 && uint32LittleAt(payload, end - 4) === 0
}

/** The first three fields stand lowest byte first (C706 appendix A). */
function uuidAt(payload: Payload, at: number): string {
  const hex = hexAt(payload, at, at + UUID_BYTES)
  const byte = (index: number): string => hex.slice(2 * index, 2 * index + 2)
  const word = byte(3) + byte(2) + byte(1) + byte(0)
  return `${word}-${byte(5)}${byte(4)}-${byte(7)}${byte(6)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
