/** Tells whether a capture shows the answers to connections, or one direction alone: then nothing can be told from none. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'

/** Connections acknowledged unheard that are no oddity of one program. */
const LEAST_UNHEARD = 8
/** So many of them, for each one heard from both sides, make a capture of one direction. */
const ONE_SIDED_SHARE = 4
/** Counts are halved here, so that a way back that changes is noticed. */
const MOST_COUNTED = 65_536

export class HeardSides {
  #heard = 0
  #unheard = 0

  /** Notes a flow that was answered, as `FlowObserver.flowAnswered` tells. */
  note({ protocol, responderPackets }: LiveFlow): void {
    if (protocol !== IpProtocol.TCP) return
    if (responderPackets > 0) this.#heard += 1
    else this.#unheard += 1
    if (this.#heard + this.#unheard < MOST_COUNTED) return
    this.#heard /= 2
    this.#unheard /= 2
  }

  /** No answer, nor refusal, would be seen. */
  get areOneSided(): boolean {
    return this.#unheard >= Math.max(LEAST_UNHEARD, this.#heard * ONE_SIDED_SHARE)
  }
}
