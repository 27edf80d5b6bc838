/** `picket train`: makes a random forest from labelled captures, and says how good it is. */
import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Evaluation, TrainingProgress } from '../../../train/index.ts'
import { wholeNumber } from '../../arguments.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT } from '../../print/output.ts'
import { unwritable } from '../../print/output-file.ts'
import { jsonLine } from '../../print/printable.ts'
import { auditCommand } from '../../record-access.ts'
import { printFields } from '../../print/table.ts'
import type { Terminal } from '../../print/terminal.ts'

interface TrainOptions {
  readonly truth: string
  readonly captures: string
  readonly flows?: readonly string[]
  readonly out?: string
  readonly seed: number
  readonly trees: number
  readonly threads?: number
}

const EXAMPLES = `
The truth file is a JSON array of {"name", "file", "kind": "attack" | "benign" | "mixed",
"attacker_ips": […], "victim_ips": […]}; the captures are found in the folder by path or name.

A table of flows is CSV or TSV with a heading: label (0, 1, benign, attack), sort (optional), and any of
the features of Picket by name (deploy/features.md) in the units given there; or UNSW-NB15's partitioned
set. What it does not tell is taken from the likest flows of the captures. The figures are measured on
captures alone, so train with and without a table to see what it is worth.

Examples:
  picket train --truth truth.json --captures ./pcaps
  picket train --truth truth.json --captures ./pcaps --out model.json --trees 200 --json
  picket train --truth truth.json --captures ./pcaps --flows UNSW_NB15_training-set.csv`

/** Adds `train`. */
export const addTrain: AddCommands = (program, run) => {
  program
    .command('train')
    .description('train the random forest on labelled captures and measure it')
    .requiredOption('--truth <file>', 'which capture holds what, and who attacked whom in it')
    .requiredOption('--captures <dir>', 'the folder that holds the captures')
    .option('--flows <file...>', 'tables of labelled flows to learn from as well')
    .option('--out <file>', 'where the model goes (default: DATA/models/random-forest.json)')
    .option('--seed <n>', 'the same seed and captures give the same model', wholeNumber(0, 1e6), 1)
    .option('--trees <n>', 'trees of the forest', wholeNumber(2, 1000), 100)
    .option('--threads <n>', 'worker threads (default: one a core)', wholeNumber(1, 256))
    .addHelpText('after', EXAMPLES)
    .action(run<TrainOptions>(train))
}

async function train({ options, context }: Invocation<TrainOptions>): Promise<number> {
  // Loaded only here: it brings the whole pipeline and its worker threads.
  const { formatModel, trainRandomForest, writeModelText } = await import('../../../train/index.ts')
  const commandContext = context()
  const { terminal, json } = commandContext
  const path = modelPath(options.out, commandContext)
  makeFolder(path)
  const { model, evaluation } = await trainRandomForest({
    truthFile: options.truth,
    capturesDir: options.captures,
    flowTables: options.flows ?? [],
    seed: options.seed,
    trees: options.trees,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    onProgress: progressLines(terminal),
  })
  const text = formatModel(model)
  orUnwritable(path, () => writeModelText(path, text))
  if (dirname(path) === join(commandContext.directory, 'models')) {
    const details = {
      sha256: createHash('sha256').update(text).digest('hex'),
      truth: options.truth,
    }
    await auditCommand(commandContext, { action: 'model.trained', subject: path, details })
  }
  if (json) terminal.write(`${jsonLine({ model: path, evaluation })}\n`)
  else printFields(terminal, figures(path, evaluation))
  return EXIT.ok
}

const modelPath = (out: string | undefined, { directory }: CommandContext): string =>
  resolve(out ?? join(directory, 'models', 'random-forest.json'))

/** Before the training, which takes minutes: afterwards there would be a model and nowhere to put it. */
function makeFolder(path: string): void {
  orUnwritable(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
    accessSync(dirname(path), constants.W_OK)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    }
  })
}

function orUnwritable(path: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw unwritable(path, cause, 'name a file that you may write with --out')
  }
}

/** Says every tenth of each stage on standard error. */
function progressLines(terminal: Terminal): (progress: TrainingProgress) => void {
  let said = ''
  return ({ stage, done, total }) => {
    const tenth = total === 0 ? 10 : Math.floor((done / total) * 10)
    const line = `${stage}: ${tenth * 10} %`
    if (line === said) return
    said = line
    terminal.writeError(`${line}\n`)
  }
}

function figures(path: string, evaluation: Evaluation): (readonly [string, string])[] {
  const { attackFlows, benignFlows, captures, folds, trivialRival } = evaluation
  return [
    ['model', path],
    [
      'learned from',
      `${attackFlows} attack and ${benignFlows} benign flows of ${captures} captures`,
    ],
    ['measured by', `${folds}-fold cross-validation, captures held out whole`],
    ['threshold', evaluation.threshold.toFixed(3)],
    ['recall', share(evaluation.recallByCapture, trivialRival.recallByCapture)],
    ['false alarms', perThousand(evaluation.falsePerThousand, trivialRival.falsePerThousand)],
    ['put to use', `set detect.randomForest.model to ${path}`],
  ]
}

const share = (ours: number, rival: number): string =>
  `${(ours * 100).toFixed(1)} % of attack flows, mean of captures (box-plot rule: ${(rival * 100).toFixed(1)} %)`

const perThousand = (ours: number, rival: number): string =>
  `${ours.toFixed(2)} of 1,000 benign flows (box-plot rule: ${rival.toFixed(2)})`
