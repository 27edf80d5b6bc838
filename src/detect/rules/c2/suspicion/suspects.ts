/** All hosts under suspicion, by host and far end: the one ledger into which the watchers of this family write. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { C2Config } from '../config.ts'
import { Reach, reachOf } from '../direction.ts'
import type { Sign } from './sign.ts'
import { C2Suspect, type C2Parties } from './suspect.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'

const MAX_SUSPECTS = 4096

/** Ends with `end`; the last of the family's detectors, so that the others speak before it. */
export class C2Suspects implements Detector {
  readonly name = 'c2'
  readonly memories: readonly Memory[]
  readonly #config: C2Config
  readonly #emit: Emit
  readonly #suspects: FadingTable<C2Suspect>

  constructor(config: C2Config, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#suspects = new FadingTable(
      MAX_SUSPECTS,
      this.#config.forgetAfterSeconds * 1e6,
      (suspect) => this.#finish(suspect),
    )
    this.memories = [this.#suspects]
  }

  /** Holds signs against the flow's originator and responder, and tells when they are enough. */
  accuse(flow: LiveFlow, signs: readonly Sign[], domain: string | null): void {
    if (signs.length === 0) return
    const isInside = reachOf(flow) === Reach.INSIDE
    // Servers here have several services, each a little odd: that makes nothing of the whole.
    const salt = isInside ? flow.responderPort : 0
    const key = pairKey(flow.originatorKey, flow.responderKey, salt)
    const suspect = this.#open(key, flow.lastUs, () => ({
      host: flow.originatorAddress(),
      farEnd: flow.responderAddress(),
      domain,
      isInside,
    }))
    suspect.domain ??= domain
    this.#weigh(suspect, signs, flow)
  }

  /** The same where there is a name and no far end, or many: `key` tells the story from others. */
  accuseOf(key: number, parties: C2Parties, signs: readonly Sign[], flow: LiveFlow): void {
    this.#weigh(
      this.#open(key, flow.lastUs, () => parties),
      signs,
      flow,
    )
  }

  #open(key: number, nowUs: number, parties: () => C2Parties): C2Suspect {
    let suspect = this.#suspects.get(key)
    if (suspect === undefined) {
      suspect = new C2Suspect(parties(), nowUs)
      this.#suspects.set(key, suspect)
    }
    return suspect
  }

  #weigh(suspect: C2Suspect, signs: readonly Sign[], flow: LiveFlow): void {
    for (const sign of signs) suspect.add(sign)
    const isDue = suspect.isDue(flow.lastUs, this.#config)
    suspect.story?.addFlow(flow)
    if (isDue) this.#emit(suspect.tell(flow.lastUs, false))
  }

  #finish(suspect: C2Suspect): void {
    if (suspect.story !== null) this.#emit(suspect.tell(suspect.lastUs, true))
  }
}
