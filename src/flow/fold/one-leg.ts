/**
 * Tells what a TCP originator alone shows of an answer that was not captured: nobody acknowledges what it did
 * not get.
 *
 * Taps, and routers with another way back, show one direction only. Where both are seen an answer that is not
 * there was not given, and whoever acknowledges it all the same makes it up: a scanner might, to look like a client.
 */
import type { Packet } from '../../decode/index.ts'
import { TcpFlag } from '../../net/protocol.ts'
import { Word } from '../table/record-layout.ts'

const CONTROLS = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.FIN | TcpFlag.RST
/** Flows acknowledged unheard, for each one heard from both sides, from which a capture has one direction. */
const ONE_SIDED_SHARE = 4
/** Counts are halved here, so that a way back that changes is noticed. */
const MOST_COUNTED = 65_536

export class OneLeg {
  /** Flows of which both sides were seen, and of which the originator's alone says that it was answered. */
  #heard = 0
  #unheard = 0

  /** A flow's other side was seen too. */
  hears(): void {
    this.#heard += 1
    if (this.#heard >= MOST_COUNTED) this.#halve()
  }

  /** Says whether this segment of an unanswered flow's originator is to be taken for the answer's echo. */
  wasAnswered(words: Int32Array, at: number, packet: Packet): boolean {
    const opening = (words[at + Word.FLAGS]! >>> 16) & CONTROLS
    const flags = packet.tcpFlags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)
    if (opening !== TcpFlag.SYN || flags !== TcpFlag.ACK) return false
    if (packet.tcpAcknowledgement === 0) return false
    const isOneSided = this.#unheard >= this.#heard * ONE_SIDED_SHARE
    this.#unheard += 1
    if (this.#unheard >= MOST_COUNTED) this.#halve()
    return isOneSided
  }

  #halve(): void {
    this.#heard /= 2
    this.#unheard /= 2
  }
}
