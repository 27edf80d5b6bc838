/**
 * DCE/RPC over TCP (C706, MS-RPCE §2.1.1.1): which interfaces a client binds to, which calls it makes.
 *
 * Left out: RPC over UDP and HTTP; messages whose header is cut by a segment's end.
 */
import type { Packet } from '../../../decode/index.ts'
import type { DcerpcFacts } from '../facts.ts'
import { FactReader, Next } from '../reader.ts'
import { isRpc, RPC_HEADER, RpcContexts, rpcLength } from './rpc-messages.ts'

const MOST_INTERFACES = 8
const MOST_OF_SEGMENT = 32

export class DcerpcReader extends FactReader {
  readonly #contexts = new RpcContexts()
  readonly #interfaces: string[] = []
  #requests = 0
  /** Bytes of the client's message that are still to come. */
  #left = 0

  override read(packet: Packet, side: number, gap: number): number {
    // Servers answer at length, and their answers are not read.
    if (side === 1) return Next.TURN
    let at = this.#skipRest(packet, gap)
    for (let count = 0; count < MOST_OF_SEGMENT && at < packet.payloadLength; count += 1) {
      if (at + RPC_HEADER > packet.payloadCaptured || !isRpc(packet, at)) return Next.MORE
      this.#readMessage(packet, at)
      at += rpcLength(packet, at)
    }
    this.#left = Math.max(0, at - packet.payloadLength)
    return Next.MORE
  }

  #skipRest(packet: Packet, gap: number): number {
    const left = Math.max(0, this.#left - Math.max(0, gap))
    this.#left = Math.max(0, left - packet.payloadLength)
    return left
  }

  #readMessage(packet: Packet, at: number): void {
    const call = this.#contexts.read(packet, at)
    if (call === null) return
    if (call.opnum !== null) this.#requests += 1
    else this.#addInterface(call.interface)
    if (this.context.isHeard) this.context.tell(call)
  }

  #addInterface(name: string): void {
    if (this.#interfaces.length >= MOST_INTERFACES || this.#interfaces.includes(name)) return
    const kept = this.keep(name)
    if (kept !== null) this.#interfaces.push(kept)
  }

  override facts(): DcerpcFacts | null {
    if (this.#interfaces.length === 0) return null
    return { kind: 'dcerpc', interfaces: [...this.#interfaces], requests: this.#requests }
  }
}
