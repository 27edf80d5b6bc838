/**
 * When to look at each flow again: a hashed timer wheel threaded through the records.
 *
 * A packet does not move its flow on the wheel; it only notes the time. When a slot comes up, flows that
 * were touched since are put off again, so a flow costs one visit a timeout however many packets it has.
 */
import { NO_RECORD, type FlowRecords } from './flow-records.ts'
import type { PacketClock } from './packet-clock.ts'
import { WORD_SHIFT, Word } from './record-layout.ts'

const SLOTS = 2048
/** With 2048 slots the wheel spans 268 s; what is due later is looked at once a turn. */
const TICK_US = 131_072

export class TimerWheel {
  readonly #records: FlowRecords
  readonly #heads = new Int32Array(SLOTS)
  #tick = 0

  constructor(records: FlowRecords) {
    this.#records = records
  }

  /** Says whether a slot has come up since the last turn; before that `advance` has nothing to do. */
  isDue(clock: PacketClock): boolean {
    return clock.nowUs >= (this.#tick + 1) * TICK_US
  }

  /** Puts a record into the slot of its due time; at the soonest the next one. */
  schedule(record: number, dueUs: number): void {
    const due = Math.ceil(dueUs / TICK_US)
    const ahead = Math.min(Math.max(due - this.#tick, 1), SLOTS - 1)
    const slot = (this.#tick + ahead) % SLOTS
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const head = this.#heads[slot]!
    words[at + Word.WHEEL_SLOT] = slot
    words[at + Word.WHEEL_PREVIOUS] = NO_RECORD
    words[at + Word.WHEEL_NEXT] = head
    if (head !== NO_RECORD) words[(head << WORD_SHIFT) + Word.WHEEL_PREVIOUS] = record
    this.#heads[slot] = record
  }

  /** Takes a record off the wheel. */
  cancel(record: number): void {
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const previous = words[at + Word.WHEEL_PREVIOUS]!
    const next = words[at + Word.WHEEL_NEXT]!
    if (previous === NO_RECORD) this.#heads[words[at + Word.WHEEL_SLOT]!] = next
    else words[(previous << WORD_SHIFT) + Word.WHEEL_NEXT] = next
    if (next !== NO_RECORD) words[(next << WORD_SHIFT) + Word.WHEEL_PREVIOUS] = previous
  }

  /**
   * Turns the wheel to `nowUs` and hands every record that comes up to `fire`, off the wheel.
   *
   * Cost: at most one turn, however far time jumped.
   */
  advance(nowUs: number, fire: (record: number) => void): void {
    const target = Math.floor(nowUs / TICK_US)
    const turns = Math.min(target - this.#tick, SLOTS)
    const first = target - turns + 1
    for (let tick = first; tick <= target; tick += 1) {
      this.#tick = tick
      // One at a time from the head: `fire` may cancel or schedule any other record meanwhile.
      const slot = tick % SLOTS
      for (let record = this.#heads[slot]!; record !== NO_RECORD; record = this.#heads[slot]!) {
        this.cancel(record)
        fire(record)
      }
    }
  }
}
