/** The readings of all conversations in protocols we do not know, by the records of their flows. */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFact } from '../facts.ts'
import { UnknownReading } from './unknown-stream.ts'

/** So many at once, of 1 KB each; further ones are not read and counted. */
const MOST_READINGS = 16_384

export class UnknownReadings {
  readonly #readings = new Map<number, UnknownReading>()
  readonly #tell: (fact: ApplicationFact) => void
  #refused = 0

  constructor(tell: (fact: ApplicationFact) => void) {
    this.#tell = tell
  }

  /** Conversations not read because there were too many. */
  get refused(): number {
    return this.#refused
  }

  /** Reads a segment of the flow with this record; false when no more of it is wanted. */
  read(record: number, packet: Packet, side: number): boolean {
    let reading = this.#readings.get(record)
    if (reading === undefined) {
      if (this.#readings.size >= MOST_READINGS) {
        this.#refused += 1
        return false
      }
      reading = new UnknownReading()
      this.#readings.set(record, reading)
    }
    const isWanted = reading.read(packet, side)
    const login = reading.login.read(packet, side)
    if (login !== null) this.#tell(login)
    if (reading.isDue) this.#tell(reading.tell())
    if (!isWanted) this.#readings.delete(record)
    return isWanted
  }

  remove(record: number): void {
    this.#readings.delete(record)
  }
}
