/** A first-in first-out queue that never grows past its bound and counts what it had to refuse. */
export class BoundedQueue<Item> {
  readonly capacity: number
  #items: Item[] = []
  #head = 0
  #dropped = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** How many items were refused since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** Appends the item; returns false, and counts it as dropped, when the queue is full. */
  push(item: Item): boolean {
    if (this.length >= this.capacity) {
      this.#dropped += 1
      return false
    }
    this.#items.push(item)
    return true
  }

  /** Takes up to `count` of the oldest items. */
  take(count: number): Item[] {
    const taken = this.#items.slice(this.#head, this.#head + count)
    this.#head += taken.length
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return taken
  }
}
