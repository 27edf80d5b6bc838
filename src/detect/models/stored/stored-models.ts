/** Where models lie on disk: the shipped forest, and what each interface has taught. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../../../core/errors.ts'
import type { Log } from '../../../core/log/log.ts'
import { packagedFile } from '../../../core/files/package-root.ts'
import { parseSample } from '../learning/learning-sample.ts'
import { isolationForestPath, putEarlierInPlace, setPreviousAside } from './model-versions.ts'
import { parseModel, readModelText, writeModelText } from './model-file.ts'

/** The models a sensor starts with, as the text of their files (they travel between processes). */
export interface StoredModels {
  /** Null when this host has not taught one yet. */
  readonly isolationForest: string | null
  /** Null when there is none that can be used. */
  readonly randomForest: string | null
  /** What an earlier run had gathered for the next isolation forest; null or absent where none has. */
  readonly learningSample?: string | null
}

/** The random forest that comes with Picket. */
export const SHIPPED_RANDOM_FOREST = 'deploy/models/random-forest.json'

/**
 * Reads the models for one interface: its own isolation forest under DATA/models, and the random forest
 * at `randomForestPath` (null: the shipped one).
 *
 * Errors: never throws for a stored or shipped model that is damaged or out of date: it logs, sets it
 * aside and goes on with the one before it, or without (the isolation forest learns anew). A path the user named is theirs to mend:
 * `ERR_MODEL_INVALID`, `ERR_MODEL_VERSION`.
 */
export function loadStoredModels(
  dataDirectory: string,
  interfaceName: string,
  log: Log,
  randomForestPath: string | null = null,
): StoredModels {
  const isolationForest = readOrSetAside(isolationForestPath(dataDirectory, interfaceName), log)
  const { randomForest } = loadShippedModels(log, randomForestPath)
  const learningSample = readSample(learningSamplePath(dataDirectory, interfaceName), log)
  return { isolationForest, randomForest, learningSample }
}

/**
 * The models of a replay: no host has taught anything; the random forest at `randomForestPath` speaks (null:
 * the shipped one). Errors: as above for a path the user named.
 */
export function loadShippedModels(log: Log, randomForestPath: string | null = null): StoredModels {
  const randomForest = randomForestPath === null ? shippedModel(log) : namedModel(randomForestPath)
  return { isolationForest: null, randomForest }
}

/** Keeps the model an interface has taught, under DATA/models. Errors: logs and goes on; it is learned anew. */
export function storeModel(
  dataDirectory: string,
  interfaceName: string,
  model: string,
  log: Log,
): void {
  const path = isolationForestPath(dataDirectory, interfaceName)
  try {
    parseModel(model, `the model learned on ${interfaceName}`)
    mkdirSync(join(dataDirectory, 'models'), { recursive: true, mode: 0o750 })
    setPreviousAside(path)
    writeModelText(path, model)
    // It has been learned from; what comes is gathered anew.
    rmSync(learningSamplePath(dataDirectory, interfaceName), { force: true })
    log.info('The usual traffic of an interface has been learned', {
      interface: interfaceName,
      path,
    })
  } catch (error) {
    log.warn('A learned model could not be stored; it will be learned anew after a restart', {
      interface: interfaceName,
      reason: error instanceof Error ? error.message : String(error),
    })
  }
}

/** Keeps what an interface is being learned from, under DATA/models. Errors: logs and goes on; a restart learns it anew. */
export function storeSample(
  dataDirectory: string,
  interfaceName: string,
  sample: string,
  log: Log,
): void {
  try {
    parseSample(sample, `the learning sample of ${interfaceName}`)
    mkdirSync(join(dataDirectory, 'models'), { recursive: true, mode: 0o750 })
    writeModelText(learningSamplePath(dataDirectory, interfaceName), sample)
  } catch (error) {
    log.warn('What is being learned could not be stored; a restart begins it anew', {
      interface: interfaceName,
      reason: error instanceof Error ? error.message : String(error),
    })
  }
}

function learningSamplePath(dataDirectory: string, interfaceName: string): string {
  return join(dataDirectory, 'models', `learning-sample-${encodeURIComponent(interfaceName)}.json`)
}

function namedModel(path: string): string {
  const text = readModelText(path)
  requireKind(text, path)
  return text
}

function shippedModel(log: Log): string | null {
  const path = packagedFile(SHIPPED_RANDOM_FOREST)
  try {
    return namedModel(path)
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    log.warn('The shipped random forest cannot be used', {
      reason: error.message,
      hint: error.hint,
    })
    return null
  }
}

function readOrSetAside(path: string, log: Log): string | null {
  if (!existsSync(path)) return null
  try {
    const text = readModelText(path)
    parseModel(text, path)
    return text
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    const aside = `${path}.unusable`
    renameSync(path, aside)
    const isEarlierThere = putEarlierInPlace(path)
    const next = isEarlierThere ? 'the one before it is in force' : 'it is learned anew'
    log.warn(`A learned model cannot be used and was set aside; ${next}`, {
      reason: error.message,
      aside,
    })
    return isEarlierThere ? readModelText(path) : null
  }
}

/** What cannot be used is no loss but time: it is deleted, and learning begins anew. */
function readSample(path: string, log: Log): string | null {
  if (!existsSync(path)) return null
  try {
    const text = readModelText(path)
    parseSample(text, path)
    return text
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    rmSync(path, { force: true })
    log.warn('What had been gathered for the next model cannot be used; learning begins anew', {
      reason: error.message,
    })
    return null
  }
}

function requireKind(text: string, path: string): void {
  const { kind } = parseModel(text, path)
  if (kind === 'random-forest') return
  throw new PicketError('ERR_MODEL_INVALID', `${path} is an ${kind}, not a random forest`, {
    hint: 'name a file made by "picket train"',
  })
}
