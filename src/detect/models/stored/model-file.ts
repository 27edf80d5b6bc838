/**
 * Models as JSON files, checked strictly when read: a model file is input like any other.
 *
 * Left out: signatures; who may write the model folder may change what Picket finds odd.
 */
import { readFileSync, statSync } from 'node:fs'
import { PicketError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/files/replace-file.ts'
import { FEATURE_NAMES, FEATURE_VERSION } from '../../../feature/index.ts'
import type { Model, Reference } from '../model.ts'
import { Refusal, readModel } from './model-reader.ts'

const FORMAT = 'picket-model'
const FORMAT_VERSION = 1
const MAXIMUM_BYTES = 64 * 1024 * 1024

/** Renders a model as the text of its file. */
export function formatModel(model: Model): string {
  const { forest, baseline, ...facts } = model
  const { reference } = model.kind === 'isolation-forest' ? model : {}
  const head = {
    ...versionFields(FORMAT),
    ...facts,
    baseline: [...baseline],
    ...(reference === undefined ? {} : { reference: plainReference(reference) }),
  }
  const nodes = {
    roots: [...forest.roots],
    feature: [...forest.feature],
    threshold: [...forest.threshold],
    right: [...forest.right],
    value: [...forest.value],
  }
  return `${JSON.stringify({ ...head, forest: nodes })}\n`
}

function plainReference({ ordinary, attacks, attacksApart }: Reference): object {
  const plain = (rows: readonly Float64Array[]): number[][] => rows.map((row) => [...row])
  return { ordinary: plain(ordinary), attacks: plain(attacks), attacksApart }
}

/**
 * Reads the text of a model file; `name` is what messages call it.
 *
 * Errors: `ERR_MODEL_INVALID` when it is not a sound model (every index in range, children behind their
 * parents so that no path can loop, every number finite), `ERR_MODEL_VERSION` when it was made for
 * another format or another list of features.
 */
export function parseModel(text: string, name: string): Model {
  const fields = checkedFields(text, name, FORMAT)
  try {
    return readModel(fields)
  } catch (error) {
    if (error instanceof Refusal) throw invalidFile(name, error.message)
    throw error
  }
}

/** The fields by which a file says what it is, and of which features. */
export function versionFields(format: string): object {
  return {
    format,
    formatVersion: FORMAT_VERSION,
    featureVersion: FEATURE_VERSION,
    features: FEATURE_NAMES,
  }
}

/** Reads the fields of a file that is of this format, version and list of features. Errors: as `parseModel`. */
export function checkedFields(
  text: string,
  name: string,
  format: string,
): Readonly<Record<string, unknown>> {
  const json = parseJson(text, name)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalidFile(name, 'it is not a JSON object')
  }
  const fields = json as Readonly<Record<string, unknown>>
  if (fields['format'] !== format) throw invalidFile(name, `its format is not ${format}`)
  checkVersions(fields, name)
  return fields
}

/** Reads a model file and checks it. Errors: as `parseModel`, and as `readModelText`. */
export function readModelFile(path: string): Model {
  return parseModel(readModelText(path), path)
}

/** Reads the text of a model file, unchecked. Errors: `ERR_MODEL_INVALID` when it cannot be read. */
export function readModelText(path: string): string {
  try {
    if (statSync(path).size > MAXIMUM_BYTES) {
      throw invalidFile(path, `it is larger than ${MAXIMUM_BYTES} bytes`)
    }
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof PicketError) throw cause
    throw new PicketError('ERR_MODEL_INVALID', `cannot read the model file ${path}`, {
      cause,
      hint: 'check the path and its permissions, or leave the setting out to use the shipped model',
    })
  }
}

/** Writes a model file so that a reader sees the old one or the new one, never half of it. */
export function writeModelText(path: string, text: string): void {
  replaceFile(path, text, 0o640)
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidFile(name, 'it is not JSON', cause)
  }
}

function checkVersions(fields: Readonly<Record<string, unknown>>, name: string): void {
  const { formatVersion, featureVersion, features } = fields
  if (formatVersion !== FORMAT_VERSION) {
    throw otherVersion(name, `format version ${shown(formatVersion)}, not ${FORMAT_VERSION}`)
  }
  if (featureVersion !== FEATURE_VERSION) {
    throw otherVersion(name, `feature version ${shown(featureVersion)}, not ${FEATURE_VERSION}`)
  }
  const isSameList =
    Array.isArray(features) &&
    features.length === FEATURE_NAMES.length &&
    FEATURE_NAMES.every((feature, index) => features[index] === feature)
  if (!isSameList) throw otherVersion(name, 'another list of features')
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : 'unknown'
}

/** What is thrown for a file that cannot be used. */
export function invalidFile(name: string, reason: string, cause?: unknown): PicketError {
  return new PicketError('ERR_MODEL_INVALID', `${name} is not a usable model: ${reason}`, {
    cause,
    hint: 'train it again with "picket train", or remove it to use the shipped or a freshly learned one',
  })
}

function otherVersion(name: string, difference: string): PicketError {
  return new PicketError('ERR_MODEL_VERSION', `${name} was made for ${difference}`, {
    hint: 'train it again with this version of Picket: picket train --truth FILE --captures DIR --out MODEL',
  })
}
