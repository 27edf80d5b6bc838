/** A set of ports: a short list while small, a bitmap of 8 KB once it grows. */

const LIST_LIMIT = 64

export class PortSet {
  #list: number[] = []
  #bits: Uint32Array | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  has(port: number): boolean {
    if (this.#bits === null) return this.#list.includes(port)
    return (this.#bits[port >>> 5]! & (1 << (port & 31))) !== 0
  }

  /** Adds the port; false when it was there already. */
  add(port: number): boolean {
    if (this.has(port)) return false
    if (this.#bits === null && this.#size >= LIST_LIMIT) this.#spread()
    if (this.#bits === null) this.#list.push(port)
    else this.#bits[port >>> 5]! |= 1 << (port & 31)
    this.#size += 1
    return true
  }

  /** Removes the port; false when it was not there. */
  delete(port: number): boolean {
    if (!this.has(port)) return false
    if (this.#bits === null) this.#list = this.#list.filter((listed) => listed !== port)
    else this.#bits[port >>> 5]! &= ~(1 << (port & 31))
    this.#size -= 1
    return true
  }

  #spread(): void {
    this.#bits = new Uint32Array(2048)
    for (const port of this.#list) this.#bits[port >>> 5]! |= 1 << (port & 31)
    this.#list = []
  }
}
