/** Every delivery that was tried, kept with its day, commit and load, and the report written of them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format } from 'prettier'
import { machine } from '../measuring/machine.mjs'
import { stamp } from '../measuring/stamp.mjs'
import { renderDeliveries } from './report.mjs'

const keptFile = new URL('results.json', import.meta.url)
const reportFile = new URL('../DELIVERY.md', import.meta.url)

/** Gives what was tried, newest run of each. Shape: `{ fault, kind, lost, doubled, isOrdered, day, commit, load, … }`. */
export function keptDeliveries() {
  return JSON.parse(readFileSync(keptFile, 'utf8'))
}

/** Puts a delivery in the place of the one of the same fault and kind, and writes the report. */
export async function keep(result) {
  const { words, load } = machine()
  const fresh = { ...result, ...stamp(), machine: words, load }
  const others = keptDeliveries().filter(
    ({ fault, kind }) => fault !== fresh.fault || kind !== fresh.kind,
  )
  writeFileSync(keptFile, `${JSON.stringify([...others, fresh], null, 2)}\n`)
  await writeReport()
}

/** Writes DELIVERY.md. */
export async function writeReport() {
  writeFileSync(
    reportFile,
    await format(renderDeliveries(keptDeliveries()), { parser: 'markdown' }),
  )
}
