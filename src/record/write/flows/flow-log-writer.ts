/** Writes batches of flows, small ones joined into large ones as they come. */
import { FlowBatch, joinBatches, summarise } from '../../../flow/batch/index.ts'
import type { Connection, Statement } from '../../sqlite/connection.ts'
import type { FlowNumbers } from './flow-numbers.ts'

/** A batch of so many flows is searched in under 0.1 ms and is not joined any further. */
const FULL_BATCH = 1024
/** A clock that is set back by more was wrong before. */
const SET_BACK_S = 3600
/** A quiet host writes a few flows each time; so many small batches are joined all the same. */
const MOST_SMALL_BATCHES = 64

interface SmallBatch {
  readonly firstFlow: number
  readonly batch: FlowBatch
}

/**
 * Appends batches within the caller's transaction.
 *
 * The newest flows lie in small batches until there are enough of them for one of full size, which then
 * takes their place: each flow is written at most twice, and a search has few batches to look at.
 */
export class FlowLogWriter {
  readonly #insert: Statement
  readonly #remove: Statement
  readonly #numbers: FlowNumbers
  readonly #connection: Connection
  #small: SmallBatch[] = []
  #nextFlow = 0
  /** When the newest batch was recorded. */
  #recordedAtS = 0

  constructor(connection: Connection, numbers: FlowNumbers) {
    this.#connection = connection
    this.#numbers = numbers
    this.#insert = connection.prepare(
      `INSERT INTO flow_batches
         (first_flow, flows, recorded_at_s, start_us, end_us, address_hashes, batch)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#remove = connection.prepare('DELETE FROM flow_batches WHERE first_flow = ?')
  }

  /** Appends batches, recorded at that wall-clock second; gives how many flows they hold. */
  append(batches: readonly FlowBatch[], recordedAtS: number): number {
    const flows = batches.reduce((sum, batch) => sum + batch.length, 0)
    if (flows === 0) return 0
    this.#lookAgain()
    if (recordedAtS + SET_BACK_S < this.#recordedAtS) this.#bringBack(recordedAtS)
    const waiting = this.#small.reduce((sum, { batch }) => sum + batch.length, 0)
    const isFull = waiting + flows >= FULL_BATCH || this.#small.length >= MOST_SMALL_BATCHES
    const firstFlow = isFull ? (this.#small[0]?.firstFlow ?? this.#nextFlow) : this.#nextFlow
    if (isFull) for (const small of this.#small) this.#remove.run(small.firstFlow)
    const joined = joinBatches(
      isFull ? [...this.#small.map(({ batch }) => batch), ...batches] : batches,
    )
    this.#write(firstFlow, joined, recordedAtS)
    this.#numbers.take(flows)
    // Once nothing can fail any more: flows that were never written would else be joined to the next.
    this.#small = isFull ? [] : [...this.#small, { firstFlow, batch: joined }]
    this.#nextFlow += flows
    this.#recordedAtS = recordedAtS
    return flows
  }

  /** At the start, after a transaction that failed, and when another process has written meanwhile. */
  #lookAgain(): void {
    const nextFlow = this.#numbers.next()
    if (nextFlow === this.#nextFlow) return
    this.#nextFlow = nextFlow
    this.#small = smallBatches(this.#connection)
    this.#recordedAtS = newestRecordedAtS(this.#connection)
  }

  /**
   * What a wrong clock recorded in the future would outlive retention, and keep all that lies behind it: it counts as
   * recorded now.
   */
  #bringBack(nowS: number): void {
    this.#connection
      .prepare(
        `UPDATE flow_batches SET recorded_at_s = @nowS WHERE recorded_at_s > @nowS AND first_flow >
           (SELECT coalesce(max(first_flow), 0) FROM flow_batches WHERE recorded_at_s <= @nowS)`,
      )
      .run({ nowS })
  }

  #write(firstFlow: number, batch: FlowBatch, recordedAtS: number): void {
    const { startUs, endUs, addressHashes } = summarise(batch)
    this.#insert.run(
      firstFlow,
      batch.length,
      recordedAtS,
      Math.trunc(startUs),
      Math.trunc(endUs),
      bufferOf(addressHashes),
      bufferOf(batch.bytes),
    )
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

function newestRecordedAtS(connection: Connection): number {
  const newest = connection.prepare(
    'SELECT recorded_at_s FROM flow_batches ORDER BY first_flow DESC LIMIT 1',
  )
  return (newest.pluck().get() as number | undefined) ?? 0
}

/** The small batches at the end of the log, oldest first. */
function smallBatches(connection: Connection): SmallBatch[] {
  const newest = connection
    .prepare('SELECT first_flow, flows FROM flow_batches ORDER BY first_flow DESC LIMIT ?')
    .all(MOST_SMALL_BATCHES) as { first_flow: number; flows: number }[]
  const select = connection.prepare('SELECT batch FROM flow_batches WHERE first_flow = ?').pluck()
  const small: SmallBatch[] = []
  for (const { first_flow: firstFlow, flows } of newest) {
    const batch = flows < FULL_BATCH ? FlowBatch.from(select.get(firstFlow) as Buffer) : null
    if (batch === null) break
    small.unshift({ firstFlow, batch })
  }
  return small
}
