/** What an analyst asks a record that is full of flows, and how long each answer takes. */
import { parseCidr } from '../../../dist/net/cidr.js'

const TIMES = 30
const LIMIT = 100

/** Asks each question many times, of another address or moment each time. Shape: `{ question: milliseconds[] }`. */
export async function askFlows(flows, { firstUs, lastUs }) {
  const span = lastUs - firstUs
  const questions = {
    'the newest 100 flows': () => ({}),
    'the newest 100 flows of an address': (turn) => ({ address: parseCidr(`10.7.${turn % 19}.9`) }),
    '100 flows of a moment': (turn) => {
      const fromUs = firstUs + Math.floor((span * turn) / TIMES)
      return { fromUs, toUs: fromUs + Math.floor(span / TIMES) }
    },
  }
  const answers = {}
  for (const [words, query] of Object.entries(questions)) {
    answers[words] = []
    for (let turn = 0; turn < TIMES; turn += 1) {
      const startedAt = performance.now()
      const { items } = await flows.list({ ...query(turn), limit: LIMIT })
      answers[words].push(performance.now() - startedAt)
      if (items.length === 0) throw new Error(`no answer: ${words}`)
    }
  }
  return answers
}
