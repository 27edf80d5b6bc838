/** The page that lists the features, for whoever reads a model's reasons or makes a table to train on. */
import { markdownTable } from '../core/text/markdown-table.ts'
import { FEATURES } from './features.ts'

/** Renders `deploy/features.md`. */
export function featureTable(): string {
  const rows = FEATURES.map(({ name, unit, definition, source }) => {
    return [`\`${name}\``, unit, definition, source]
  })
  return `# What the models see of a flow

Both forests judge a flow by these ${FEATURES.length} values, in this order. Reasons name them, and
\`picket train --flows\` takes tables with columns of these names. Shares run from 0 to 1; yes is 1, no is 0.
Addresses, TTL, time of day and port numbers are left out on purpose: a model would learn the
laboratory that its captures come from.

${markdownTable(['feature', 'unit', 'what it is', 'after'], rows)}`
}
