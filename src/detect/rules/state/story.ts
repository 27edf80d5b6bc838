/** One story a detector tells: its id, and when it is worth telling again. */
import { uuidv7 } from '../../../core/uuid.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'

/** A story that goes on is told again at each doubling, or after this long with news. */
const RETELL_AFTER_US = 5_000_000

/** The most victims and flows a detection may name. */
export const MAX_VICTIMS = 32
export const MAX_FLOWS = 16

/** What a story notes of a flow. */
export type TalliedFlow = Pick<LiveFlow, 'protocol' | 'responderPort' | 'communityId'>

export class Story {
  readonly id: string
  readonly firstUs: number
  lastUs: number
  readonly victims = new Set<string>()
  readonly flows = new Set<string>()
  #port: number | null = null
  #toldCount = 0
  #toldUs = 0

  constructor(firstUs: number, nowUs: number) {
    this.id = uuidv7(Math.max(0, nowUs) / 1000)
    this.firstUs = firstUs
    this.lastUs = nowUs
  }

  get wasTold(): boolean {
    return this.#toldCount > 0
  }

  /** Says whether `count` observations at `nowUs` are news enough to tell the story (again). */
  isDue(count: number, nowUs: number): boolean {
    if (count >= this.#toldCount * 2) return true
    return count > this.#toldCount && nowUs - this.#toldUs >= RETELL_AFTER_US
  }

  told(count: number, nowUs: number): void {
    this.#toldCount = Math.max(1, count)
    this.#toldUs = nowUs
  }

  addVictim(address: string): void {
    if (this.victims.size < MAX_VICTIMS) this.victims.add(address)
  }

  /** The one port that the story's flows so far went to; null where they went to several, or have none. */
  get port(): number | null {
    return this.#port
  }

  /** Keeps the id of one of the story's flows; computes it only while there is room. */
  addFlow(flow: TalliedFlow): void {
    if (this.flows.size >= MAX_FLOWS) return
    const hasPort = flow.protocol === IpProtocol.TCP || flow.protocol === IpProtocol.UDP
    const isAnother = this.flows.size > 0 && this.#port !== flow.responderPort
    this.#port = isAnother || !hasPort ? null : flow.responderPort
    this.flows.add(flow.communityId())
  }
}
