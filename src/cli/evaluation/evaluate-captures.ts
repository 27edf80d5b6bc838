/** The whole evaluation: every capture alone, attacks merged into benign ones, the models, and the files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PicketError } from '../../core/errors.ts'
import { VERSION } from '../../core/files/package-root.ts'
import { createLog } from '../../core/log/log.ts'
import { readRules } from '../../detect/index.ts'
import { loadShippedModels } from '../../detect/models/index.ts'
import {
  ALERT_SEVERITY,
  measureModels,
  outcomeOf,
  readTruth,
  reportMarkdown,
  reportOf,
  type CaptureOutcome,
  type EvaluationReport,
  type LabelledCapture,
  type MeasuredModels,
  type ReportParts,
} from '../../train/index.ts'
import type { CommandContext } from '../context.ts'
import { unwritable } from '../print/output-file.ts'
import { jsonLine } from '../print/printable.ts'
import { createProgress } from '../print/progress.ts'
import type { EvaluateOptions } from './options.ts'
import { runTrial, type TrialOptions } from './trial.ts'

/** What an evaluation hands back. */
export interface Evaluated {
  readonly report: EvaluationReport
  /** The files written. */
  readonly files: readonly string[]
}

/** A replay to be made: a capture, and the benign one it is merged into. */
interface PlannedTrial {
  readonly capture: LabelledCapture
  readonly host: LabelledCapture | null
}

/**
 * Evaluates Picket on labelled captures and writes `evaluation.json` and `evaluation.md`.
 *
 * Memory: one capture's stories at a time, the outcomes, and the models' rows (300 bytes a labelled flow).
 * Errors: `ERR_TRAIN_INPUT` for a truth file that is missing or wrong; `ERR_USAGE` where the
 * results cannot be written, before any work is done.
 */
export async function evaluateCaptures(
  options: EvaluateOptions,
  context: CommandContext,
): Promise<Evaluated> {
  const labelled = readTruth(options.truth, options.captures)
  const directory = writableDirectory(options.out ?? 'evaluation')
  const { config } = context
  const log = createLog({ ...config.log, level: 'warn' })
  const models = loadShippedModels(log, config.detect.randomForest.model)
  await log.close()
  const { texts: rules } = readRules(config.detect.sigma, context.directory)
  const trial = { config, models, rules }
  const alone = await runAll(labelled.map((capture) => ({ capture, host: null })), trial, context) // prettier-ignore
  const mixed = await runAll(plannedMixes(labelled, options.mix), trial, context)
  const { heldOut, ...figures } = await modelFigures(options, context)
  const byForest = await runForestAlone(labelled, heldOut, trial)
  const facts = { version: VERSION, truthFile: options.truth }
  const report = reportOf({ alone, mixed, byForest, ...figures, ...facts })
  return { report, files: writeReport(directory, report) }
}

/** Each attack into `count` benign captures, the next attack into the next ones, so that all have their turn. */
function plannedMixes(labelled: readonly LabelledCapture[], count: number): PlannedTrial[] {
  const hosts = labelled.filter(({ truth }) => truth.kind === 'benign')
  const attacks = labelled.filter(({ truth }) => truth.kind !== 'benign')
  const each = Math.min(count, hosts.length)
  return attacks.flatMap((capture, index) =>
    Array.from({ length: each }, (_, turn) => {
      const host = hosts[(index * each + turn) % hosts.length]!
      return { capture, host }
    }),
  )
}

async function runAll(
  planned: readonly PlannedTrial[],
  trial: TrialOptions,
  { terminal }: CommandContext,
): Promise<CaptureOutcome[]> {
  const outcomes: CaptureOutcome[] = []
  let packets = 0
  const isMixed = planned.some(({ host }) => host !== null)
  const progress = createProgress(terminal, isMixed ? 'merged captures' : 'captures')
  for (const { capture, host } of planned) {
    progress.show(outcomes.length / planned.length, packets)
    const facts = await runTrial(capture, host, trial)
    packets += facts.packets
    outcomes.push(outcomeOf(capture.truth, facts, host?.truth.name ?? null))
  }
  progress.clear()
  return outcomes
}

/**
 * Each capture with the random forest that never saw it and no rule at all: what the forest is worth alone.
 *
 * Its events count here whatever their severity, or one that only notes would always score nothing.
 */
async function runForestAlone(
  labelled: readonly LabelledCapture[],
  heldOut: ReadonlyMap<string, string>,
  { config }: TrialOptions,
): Promise<CaptureOutcome[]> {
  const detect = Object.entries(config.detect).map(([section, settings]) => [
    section,
    { ...settings, enabled: section === 'randomForest' },
  ])
  const alone = { ...config, detect: Object.fromEntries(detect) as typeof config.detect }
  const outcomes: CaptureOutcome[] = []
  for (const capture of labelled) {
    const randomForest = heldOut.get(capture.truth.name)
    if (randomForest === undefined) continue
    const models = { isolationForest: null, randomForest }
    const facts = await runTrial(capture, null, { config: alone, models })
    const claims = facts.claims.map((claim) => ({ ...claim, severity: ALERT_SEVERITY }))
    outcomes.push(outcomeOf(capture.truth, { ...facts, claims }, null))
  }
  return outcomes
}

async function modelFigures(
  options: EvaluateOptions,
  { config, terminal }: CommandContext,
): Promise<Pick<MeasuredModels, 'heldOut'> & Pick<ReportParts, 'models' | 'modelsNote'>> {
  const heldOut = new Map<string, string>()
  if (!options.models) return { models: null, modelsNote: 'left out by --no-models', heldOut }
  let said = ''
  const onProgress = (stage: string, done: number, total: number): void => {
    const line = `models, ${stage}: ${Math.floor((done / Math.max(1, total)) * 10) * 10} %`
    if (line !== said) terminal.writeError(`${line}\n`)
    said = line
  }
  const training = {
    truthFile: options.truth,
    capturesDir: options.captures,
    seed: options.seed,
    trees: options.trees,
    folds: options.folds,
    leavesOneOut: options.leaveOneOut === true,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    onProgress: ({ stage, done, total }: { stage: string; done: number; total: number }) =>
      onProgress(stage, done, total),
  }
  try {
    const measured = await measureModels(training, config.detect.isolationForest)
    return { models: measured.figures, modelsNote: null, heldOut: measured.heldOut }
  } catch (error) {
    // Too few captures for folds is a fact about the truth file, not a reason to lose the rest.
    if (!(error instanceof PicketError)) throw error
    return { models: null, modelsNote: error.message, heldOut }
  }
}

const WRITABLE = 'name a folder that can be written with --out'

function writableDirectory(directory: string): string {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 })
    writeFileSync(join(path, 'evaluation.json'), '')
    return path
  } catch (cause) {
    throw unwritable(path, cause, WRITABLE)
  }
}

function writeReport(directory: string, report: EvaluationReport): string[] {
  const texts = {
    'evaluation.json': `${jsonLine(report)}\n`,
    'evaluation.md': reportMarkdown(report),
  }
  return Object.entries(texts).map(([name, text]) => {
    const path = join(directory, name)
    try {
      writeFileSync(path, text, { mode: 0o640 })
    } catch (cause) {
      throw unwritable(path, cause, WRITABLE)
    }
    return path
  })
}
