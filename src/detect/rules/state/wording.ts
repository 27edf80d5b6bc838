/** The few turns of phrase that summaries share. */
import { grouped } from '../../../core/text/amount.ts'

export { counted, grouped } from '../../../core/text/amount.ts'
export { spanOf } from '../../../core/text/span.ts'

/** The first few of many: `a, b, c and 29 more`. */
export function listed(items: readonly string[], total: number, shown = 3): string {
  const head = items.slice(0, shown).join(', ')
  return total > shown ? `${head} and ${grouped(total - Math.min(shown, items.length))} more` : head
}

/** Confidence that grows with evidence from `floor` towards 0.99, half the way each `halving`. */
export function confidenceOf(floor: number, excess: number, halving: number): number {
  const grown = 0.99 - (0.99 - floor) * 0.5 ** (Math.max(0, excess) / halving)
  return Math.round(grown * 100) / 100
}
