/** What is written to files and pipes of SMB: calls over named pipes, and programs copied to a share. */
import type { DcerpcCall } from '../../facts.ts'
import { byteAt, uint32LittleAt, type Payload } from '../../payload.ts'
import { isRpc, RpcContexts } from '../rpc-messages.ts'

const MOST_PIPES = 16
const PE_AT = 0x3c

export class SmbPipes {
  readonly #contexts = new Map<number, RpcContexts>()

  /** Reads what is written to an open file or pipe; null when it is no call worth telling. */
  read(message: Payload, at: number, file: number): DcerpcCall | null {
    if (!isRpc(message, at)) return null
    let contexts = this.#contexts.get(file)
    if (contexts === undefined) {
      contexts = new RpcContexts()
      if (this.#contexts.size < MOST_PIPES) this.#contexts.set(file, contexts)
    }
    return contexts.read(message, at)
  }
}

/** Says whether a write from a file's beginning is a Windows program's. */
export function isProgramAt(message: Payload, at: number): boolean {
  if (byteAt(message, at) !== 0x4d || byteAt(message, at + 1) !== 0x5a) return false
  const header = uint32LittleAt(message, at + PE_AT)
  return header >= 0x40 && header < 0x1000
}
