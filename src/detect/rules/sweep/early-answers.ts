/** Which hosts answered a ping before their pinger was looked at closely, so that none of them is counted as dead. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'

const MAX_ANSWERS = 4096

export class EarlyAnswers implements Memory {
  readonly #answers: FadingTable<Row>

  constructor(forgetAfterUs: number) {
    this.#answers = new FadingTable(MAX_ANSWERS, forgetAfterUs)
  }

  get forgotten(): number {
    return this.#answers.forgotten
  }

  note({ originatorKey, responderKey, lastUs }: LiveFlow): void {
    this.#answers.set(pairKey(originatorKey, responderKey, 5), { lastUs })
  }

  has(pingerKey: number, hostKey: number): boolean {
    return this.#answers.get(pairKey(pingerKey, hostKey, 5)) !== undefined
  }

  tick(nowUs: number): void {
    this.#answers.tick(nowUs)
  }
}
