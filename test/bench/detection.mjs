/**
 * Measures what Picket detects beside the article's program, scikit-learn's forests and a box-plot rule, on the
 * same labelled captures; prints the figures and writes them to DETECTION.md.
 *
 * Usage, once built: `node test/bench/detection.mjs --data DIR [--mix N] [--one-out TREES] [--python PROGRAM]
 * [--out FILE]`. DIR holds truth.json and its captures. Needs Debian's python3-sklearn and tshark for the peers;
 * where they are missing, their rows say so. `--one-out` adds forests of so many trees that were taught by all
 * captures but one, one for each. Takes about five minutes on two cores, and four seconds more a capture and ten trees.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { format } from 'prettier'
import { captureRows } from '../../dist/train/dataset.js'
import { dealFolds } from '../../dist/train/cross-validate.js'
import { isListed, readParties } from '../../dist/train/judging/parties.js'
import { calibrateThreshold } from '../../dist/train/metrics.js'
import { figuresOf } from '../../dist/train/model-figures.js'
import { LEARNED_COLUMNS } from '../../dist/train/train-random-forest.js'
import { readTruth } from '../../dist/train/truth.js'
import { articleProgram, sklearnForests } from './detection/peers.mjs'
import { renderDetection } from './detection/render.mjs'
import { machine } from './measuring/machine.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const run = promisify(execFile)
const FOLDS = 5
const SEED = 1
/** As Picket's own forest: at most 2 of 1,000 held-out benign flows may speak. */
const FALSE_SHARE = 0.002

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    mix: { type: 'string', default: '2' },
    'one-out': { type: 'string' },
    // Not the first python3 in PATH, which may be another than Debian's with its packages.
    python: { type: 'string', default: '/usr/bin/python3' },
    out: { type: 'string', default: fileURLToPath(new URL('DETECTION.md', import.meta.url)) },
  },
})
if (values.data === undefined) {
  process.stderr.write('usage: node test/bench/detection.mjs --data DIR [--mix N]\n')
  process.exit(2)
}

const say = (text) => process.stderr.write(`${text}\n`)
const truthFile = join(values.data, 'truth.json')
const captures = readTruth(truthFile, values.data)

say('Picket: every capture, alone and merged')
const report = await picketReport('--mix', values.mix)
const oneOutTrees = values['one-out']
if (oneOutTrees !== undefined) say('Picket: one capture held out at a time')
const oneOut = oneOutTrees === undefined ? null : await orFailure(measureOneOut)
say('the article’s program')
const article = await orFailure(() => articleProgram(values.python, captures, isPartyOf))
say('scikit-learn’s forests')
const sklearn = await orFailure(sklearnFigures)
const text = renderDetection({ report, oneOut, article, sklearn, machine: machine() })
const pretty = await format(text, { parser: 'markdown', printWidth: 100 })
process.stdout.write(pretty)
writeFileSync(values.out, pretty)

async function measureOneOut() {
  const given = ['--mix', '0', '--leave-one-out', '--trees', oneOutTrees]
  return { trees: Number(oneOutTrees), report: await picketReport(...given) }
}

async function picketReport(...options) {
  const folder = temporaryFolder('picket-detection-')
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
  const given = ['--truth', truthFile, '--captures', values.data, ...options, '--out', folder]
  try {
    // Captures that are damaged make it end with 3; its report says which.
    await run(process.execPath, [main, 'evaluate', ...given, '--data-dir', folder]).catch(
      (failure) => {
        if (failure.code !== 3) throw failure
      },
    )
    return JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8'))
  } finally {
    removeFolder(folder)
  }
}

async function sklearnFigures() {
  const rows = []
  for (const capture of captures) rows.push(await captureRows(capture))
  const labelled = rows.filter((capture) => capture.rows.length > 0)
  const folds = dealFolds(labelled, FOLDS, SEED)
  const forests = await sklearnForests(values.python, folds, LEARNED_COLUMNS)
  return forests.map(({ scorer, scored }) => {
    const benign = scored.flatMap(({ capture, scores }) =>
      scores.filter((_, at) => capture.labels[at] === 0),
    )
    const options = { share: FALSE_SHARE, floor: 0, trees: 1000 }
    const threshold = calibrateThreshold(benign, options)
    return figuresOf(
      scorer,
      scored.map((one) => ({ ...one, threshold })),
    )
  })
}

/** Says who is a party of a capture's attack: a listed attacker, or for those without one a victim's sender. */
function isPartyOf(truth) {
  const attackers = readParties(truth.attacker_ips)
  return (address) => isListed(attackers, address)
}

/** A peer that is not installed says so in its place. */
async function orFailure(work) {
  try {
    return await work()
  } catch (failure) {
    return { failure: failure.message }
  }
}
