/** What one network card has said of addresses: those that are its own, and those it seems to lie about. */
import type { Row } from '../../state/tables/capped-table.ts'

/** A lie that is not repeated for so long was a mistake, or is another story. */
const LIE_LASTS_US = 150e6
const MOST_OWN = 8
const MOST_LIES = 12
const MOST_LISTENERS = 12
const MOST_SOUGHT = 16
/** Who bears an address does not ask who bears it. */
const SEEKS_WITHIN_US = 60e6

/** Claims of one card to one address that somebody else bears, or that nobody asked for. */
export interface Lie {
  readonly address: number
  readonly text: string
  /** By hash: who was told, unasked. */
  readonly listeners: Map<number, string>
  /** Answers to a station that had not asked. */
  unasked: number
  /** The same to a station that was never heard, so that it may have asked. */
  repeated: number
  /** Of both, Neighbour Advertisements to one station that do not even say that it asked. */
  unbidden: number
  /** Of both, those that gave it back: to another card than the teller's own, after it was told to be that. */
  gaveBack: number
  /** One of them came on the heels of a poll under the same address: both were made to be taken down. */
  isPushed: boolean
  /** Polls of one station under an address that another card bears. */
  polled: number
  /** Claims to everybody. */
  announced: number
  /** Answers given beside the bearer's own to the same question. */
  raced: number
  /** How often the other bearer spoke up in between. */
  returns: number
  /** The MAC of the other bearer; 0 while none is known. */
  bearer: number
  firstUs: number
  lastUs: number
}

export class Station implements Row {
  readonly mac: number
  lastUs: number
  /** By hash: addresses under which it asks, or answers alone, as one does with one's own. */
  readonly own = new Map<number, string>()
  readonly lies = new Map<number, Lie>()
  /** By hash: when it last asked, under an address of its own, who bears another. */
  readonly #sought = new Map<number, number>()

  constructor(mac: number, nowUs: number) {
    this.mac = mac
    this.lastUs = nowUs
  }

  /** Says whether the address is news. */
  addOwn(address: number, text: () => string): boolean {
    if (this.own.size >= MOST_OWN || this.own.has(address)) return false
    this.own.set(address, text())
    return true
  }

  seeks(address: number, nowUs: number): void {
    if (this.#sought.size >= MOST_SOUGHT && !this.#sought.has(address)) this.#sought.clear()
    this.#sought.set(address, nowUs)
  }

  /** It claims the address, and asked others for it about the same time. */
  isLookingFor({ address, lastUs }: Lie): boolean {
    const soughtUs = this.#sought.get(address)
    return soughtUs !== undefined && Math.abs(lastUs - soughtUs) <= SEEKS_WITHIN_US
  }

  /** Returns the running lie about an address, a new one where there is none; null when there are too many. */
  lieAbout(address: number, text: () => string, nowUs: number): Lie | null {
    const known = this.lies.get(address)
    if (known !== undefined && nowUs - known.lastUs <= LIE_LASTS_US) {
      known.lastUs = Math.max(known.lastUs, nowUs)
      return known
    }
    if (known === undefined && this.lies.size >= MOST_LIES) return null
    const lie: Lie = {
      address,
      text: known?.text ?? text(),
      listeners: new Map(),
      unasked: 0,
      repeated: 0,
      unbidden: 0,
      gaveBack: 0,
      isPushed: false,
      polled: 0,
      announced: 0,
      raced: 0,
      returns: 0,
      bearer: 0,
      firstUs: nowUs,
      lastUs: nowUs,
    }
    this.lies.set(address, lie)
    return lie
  }

  /** An address that is its own and that it does not lie about, a routable one first; null when it has shown none. */
  honestAddress(): string | null {
    const honest = [...this.own].filter(([address]) => !this.lies.has(address))
    const texts = honest.map(([, text]) => text)
    return texts.find((text) => !text.startsWith('fe80:')) ?? texts[0] ?? null
  }
}

export function addListener(lie: Lie, listener: number, text: string): void {
  if (lie.listeners.size < MOST_LISTENERS) lie.listeners.set(listener, text)
}
