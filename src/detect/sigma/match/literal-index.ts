/** Finds the rules whose literal is in a text, all at once (Aho and Corasick 1975). */

interface Node {
  readonly next: Map<number, Node>
  /** Where the search goes on when no letter fits: the longest ending that begins another literal. */
  fail: Node | null
  /** Rules whose literal ends here. */
  rules: readonly number[]
}

const node = (): Node => ({ next: new Map(), fail: null, rules: [] })

/** Cost: one step a character, however many literals. */
export class LiteralSearch {
  readonly #root = node()

  constructor(literals: ReadonlyMap<string, readonly number[]>) {
    for (const [literal, rules] of literals) {
      let at = this.#root
      for (let index = 0; index < literal.length; index += 1) {
        const unit = literal.charCodeAt(index)
        let next = at.next.get(unit)
        if (next === undefined) at.next.set(unit, (next = node()))
        at = next
      }
      at.rules = [...at.rules, ...rules]
    }
    this.#link()
  }

  /** Calls `found` with each list of rules of which a literal is in the text. */
  find(text: string, found: (rules: readonly number[]) => void): void {
    const root = this.#root
    let at = root
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index)
      let next = at.next.get(unit)
      while (next === undefined && at !== root) {
        at = at.fail!
        next = at.next.get(unit)
      }
      at = next ?? root
      if (at.rules.length > 0) found(at.rules)
    }
  }

  /** Breadth first, so that the shorter endings are linked before the longer. */
  #link(): void {
    const queue: Node[] = [...this.#root.next.values()]
    for (const child of queue) child.fail = this.#root
    for (const at of queue) {
      for (const [unit, child] of at.next) {
        let fail = at.fail!
        while (fail !== this.#root && !fail.next.has(unit)) fail = fail.fail!
        child.fail = fail.next.get(unit) ?? this.#root
        child.rules = [...new Set([...child.rules, ...child.fail.rules])]
        queue.push(child)
      }
    }
  }
}
