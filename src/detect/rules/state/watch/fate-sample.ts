/**
 * What becomes of a sample of beginnings: whether the same two ends go on, or whether each stays alone.
 *
 * Conversations go on, also where only one of their directions is captured; what a flood invents does not.
 */
const PLACES = 256

/** Who has not gone on within this long never will, where nothing else is said. */
const PATIENCE_US = 1_000_000

/** Cost: one place looked at; nothing allocated. */
export class FateSample {
  wentOn = 0
  stayedAlone = 0
  readonly #hashes = new Int32Array(PLACES)
  readonly #beganUs = new Float64Array(PLACES)
  readonly #patienceUs: number

  constructor(patienceUs = PATIENCE_US) {
    this.#patienceUs = patienceUs
  }

  /** Something began; it joins the sample where there is room. */
  begin(hash: number, nowUs: number): void {
    const place = hash & (PLACES - 1)
    const beganUs = this.#beganUs[place]!
    if (beganUs !== 0) {
      if (nowUs - beganUs < this.#patienceUs) return
      this.stayedAlone += 1
    }
    this.#hashes[place] = hash
    this.#beganUs[place] = nowUs
  }

  /** The same two ends spoke again. */
  goOn(hash: number): void {
    const place = hash & (PLACES - 1)
    if (this.#beganUs[place] === 0 || this.#hashes[place] !== hash) return
    this.#beganUs[place] = 0
    this.wentOn += 1
  }

  /** The share of the sample that went on, those out of patience counted; 0 while there is none. */
  share(nowUs: number): number {
    for (let place = 0; place < PLACES; place += 1) {
      const beganUs = this.#beganUs[place]!
      if (beganUs === 0 || nowUs - beganUs < this.#patienceUs) continue
      this.#beganUs[place] = 0
      this.stayedAlone += 1
    }
    const all = this.wentOn + this.stayedAlone
    return all === 0 ? 0 : this.wentOn / all
  }

  restart(): void {
    this.wentOn = 0
    this.stayedAlone = 0
  }
}
