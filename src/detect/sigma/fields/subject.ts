/** What rules are judged on: a flow, and what its application just said or said in all. */
import type { Field, FieldValue, FlowView, Shown } from './field.ts'

type Facts = Readonly<Record<string, unknown>>

const NOTHING: Facts = {}

/**
 * One flow at one moment; reused, and valid only until the next is shown.
 *
 * Each field is read at most once, and turned into lower case at most once, however many rules ask for it.
 */
export class Subject implements Shown {
  /** Assigned by `show` before any rule looks. */
  flow!: FlowView
  facts: Facts = NOTHING
  /** Packet time of what is judged, in µs. */
  timeUs = 0
  readonly #values: FieldValue[] = []
  readonly #read: number[] = []
  readonly #lower: FieldValue[] = []
  readonly #lowered: number[] = []
  readonly #words = new Int32Array(8)
  #wordsShown = 0
  #shown = 0

  /** `facts` is null where the flow alone is judged. */
  show(flow: FlowView, facts: object | null, timeUs: number): void {
    this.flow = flow
    this.facts = (facts ?? NOTHING) as Facts
    this.timeUs = timeUs
    this.#shown += 1
  }

  value(field: Field): FieldValue {
    const { index } = field
    if (this.#read[index] !== this.#shown) {
      this.#read[index] = this.#shown
      this.#values[index] = field.read(this)
    }
    return this.#values[index]!
  }

  /** The value with its texts in lower case. */
  lower(field: Field): FieldValue {
    const { index } = field
    if (this.#lowered[index] !== this.#shown) {
      this.#lowered[index] = this.#shown
      this.#lower[index] = inLowerCase(this.value(field))
    }
    return this.#lower[index]!
  }

  get addressWords(): Int32Array {
    if (this.#wordsShown !== this.#shown) {
      this.#wordsShown = this.#shown
      this.flow.copyAddresses(this.#words, 0, 4)
    }
    return this.#words
  }
}

function inLowerCase(value: FieldValue): FieldValue {
  if (typeof value === 'string') return value.toLowerCase()
  if (typeof value !== 'object' || value === null) return value
  return value.map((item) => (typeof item === 'string' ? item.toLowerCase() : item))
}
