/** The programs Picket's detection is measured beside: the article's, and scikit-learn's forests. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs a Python program on text; its standard output. Errors: rejects with what it said when it fails. */
export function runPython(python, script, input) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return new Promise((resolve, reject) => {
    const child = spawn(python, [path], { stdio: ['pipe', 'pipe', 'pipe'] })
    const told = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text) => (told.out += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (told.err += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(told.out)
      else reject(new Error(`${script} ended with ${code}: ${told.err.slice(-500)}`))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/**
 * Lets the article's program block on every capture and judges whom it blocked.
 *
 * Shape: `{ attacks, partyBlocked, blockedOnAttacks, rightlyBlocked, benign, benignWithBlock, benignBlocked,
 * worst }`; a capture is detected when anything is flagged, which is nearly always.
 */
export async function articleProgram(python, captures, partiesOf) {
  const input = captures.map(({ truth, path }) => JSON.stringify({ name: truth.name, file: path }))
  const output = await runPython(python, 'article-program.py', input.join('\n'))
  const answers = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const judged = answers.map((answer, at) => {
    const { truth } = captures[at]
    const blocked = Object.keys(answer.blocked)
    const isParty = partiesOf(truth)
    return { ...answer, truth, blocked, rightly: blocked.filter(isParty) }
  })
  const attacks = judged.filter(({ truth }) => truth.kind !== 'benign')
  const benign = judged.filter(({ truth }) => truth.kind === 'benign')
  const count = (rows, measure) => rows.reduce((sum, row) => sum + measure(row), 0)
  const [worst] = [...benign].sort((a, b) => b.blocked.length - a.blocked.length)
  return {
    attacks: attacks.length,
    detected: attacks.filter(({ flagged }) => flagged > 0).length,
    partyBlocked: attacks.filter(({ rightly }) => rightly.length > 0).length,
    onlyParties: attacks.filter(
      ({ blocked, rightly }) => blocked.length > 0 && blocked.length === rightly.length,
    ).length,
    blockedOnAttacks: count(attacks, ({ blocked }) => blocked.length),
    rightlyBlocked: count(attacks, ({ rightly }) => rightly.length),
    benign: benign.length,
    benignWithBlock: benign.filter(({ blocked }) => blocked.length > 0).length,
    benignBlocked: count(benign, ({ blocked }) => blocked.length),
    worst: worst === undefined ? null : { name: worst.name, blocked: worst.blocked.length },
  }
}

/** Scores the rows of every capture with scikit-learn's forests, on the same folds; the random one by `columns`. */
export async function sklearnForests(python, folds, columns) {
  const captureOf = ({ name, rows, labels }) => ({
    name,
    rows: rows.map((row) => [...row]),
    labels,
  })
  const input = { columns, folds: folds.map((fold) => fold.map(captureOf)) }
  const scores = JSON.parse(await runPython(python, 'sklearn-forests.py', JSON.stringify(input)))
  const captures = folds.flat()
  return Object.entries(scores).map(([forest, byName]) => ({
    scorer: `scikit-learn, ${forest} forest`,
    scored: captures.map((capture) => ({ capture, scores: byName[capture.name] })),
  }))
}
