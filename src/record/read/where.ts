/** Collects the conditions of a query with their values; texts are ours, values are always bound. */
export class Where {
  readonly #conditions: string[] = []
  readonly #values: unknown[] = []

  and(condition: string, ...values: readonly unknown[]): this {
    this.#conditions.push(condition)
    this.#values.push(...values)
    return this
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }

  get values(): readonly unknown[] {
    return this.#values
  }
}
