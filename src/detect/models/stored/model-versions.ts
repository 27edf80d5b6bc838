/** The models a host has had: the one in force, and those before it to go back to. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../../../core/errors.ts'
import { readModelFile } from './model-file.ts'
import type { IsolationForestModel } from '../model.ts'

/** Models before the one in force that are kept, about 200 KB each. */
const KEPT = 5
/** `@` is escaped in names of interfaces, which may end in a dot and a number (`eth0.7`). */
const FILE = /^isolation-forest-([^@]+)(?:@(\d+))?\.json$/

/** A stored model of an interface. */
export interface StoredVersion {
  readonly interface: string
  readonly path: string
  readonly isInForce: boolean
  /** Null when the file cannot be used; `fault` says why. */
  readonly model: IsolationForestModel | null
  readonly fault: string | null
}

/** Where the model in force of an interface lies. */
export function isolationForestPath(dataDirectory: string, interfaceName: string): string {
  // Interface names may hold any byte but a slash and a space.
  return join(dataDirectory, 'models', `isolation-forest-${encodeURIComponent(interfaceName)}.json`)
}

/** Lists the models under DATA/models by interface, the one in force first, then the latest first. */
export function storedVersions(dataDirectory: string): StoredVersion[] {
  const folder = join(dataDirectory, 'models')
  if (!existsSync(folder)) return []
  const found = readdirSync(folder).flatMap((file) => {
    const [, name, number] = FILE.exec(file) ?? []
    return name === undefined
      ? []
      : [{ file, name, number: number === undefined ? Infinity : Number(number) }]
  })
  return found
    .sort((a, b) => (a.name === b.name ? b.number - a.number : a.name < b.name ? -1 : 1))
    .map(({ file, name, number }) => versionAt(join(folder, file), name, number === Infinity))
}

/**
 * Moves the model at `path`, if there is one, beside it under its version, and forgets the oldest.
 *
 * A host that is learned anew counts its versions from 1 again: then it is the number after the latest, so that
 * none is written over and the one before is found.
 */
export function setPreviousAside(path: string): void {
  if (!existsSync(path)) return
  const { model } = versionAt(path, '', true)
  // What cannot be read is of no use to go back to.
  if (model === null) return
  const [latest] = previousOf(path)
  const number = Math.max(model.version, latest === undefined ? 1 : latest.number + 1)
  renameSync(path, path.replace(/\.json$/, `@${number}.json`))
  for (const old of previousOf(path).slice(KEPT)) rmSync(old.path)
}

/**
 * Puts the model before the one in force back in its place; returns it. The one in force is kept beside it
 * as `.withdrawn`.
 *
 * Errors: `ERR_MODEL_INVALID` when there is none before it.
 */
export function rollBackModel(dataDirectory: string, interfaceName: string): IsolationForestModel {
  const path = isolationForestPath(dataDirectory, interfaceName)
  if (usableBefore(path) === undefined) {
    throw new PicketError('ERR_MODEL_INVALID', `no earlier model of ${interfaceName} is kept in ${join(dataDirectory, 'models')}`, {
      hint: 'picket models status lists what there is; picket models train learns the host anew',
    }) // prettier-ignore
  }
  withdrawModel(dataDirectory, interfaceName)
  putEarlierInPlace(path)
  return versionAt(path, interfaceName, true).model!
}

/** Puts the latest of the models before the one at `path`, which is gone, in its place; says whether there was one. */
export function putEarlierInPlace(path: string): boolean {
  const usable = usableBefore(path)
  if (usable !== undefined) renameSync(usable.path, path)
  return usable !== undefined
}

const usableBefore = (path: string): { readonly path: string } | undefined =>
  previousOf(path).find((previous) => versionAt(previous.path, '', false).model !== null)

/** Takes the model in force away, kept beside its place as `.withdrawn`; says whether there was one. */
export function withdrawModel(dataDirectory: string, interfaceName: string): boolean {
  const path = isolationForestPath(dataDirectory, interfaceName)
  if (!existsSync(path)) return false
  renameSync(path, `${path}.withdrawn`)
  return true
}

/** The models before the one at `path`, the latest first. */
function previousOf(path: string): { readonly path: string; readonly number: number }[] {
  const folder = join(path, '..')
  if (!existsSync(folder)) return []
  const head = path.slice(folder.length + 1).replace(/\.json$/, '')
  return readdirSync(folder)
    .flatMap((file) => {
      const [, name, number] = FILE.exec(file) ?? []
      const isOfPath = `isolation-forest-${name ?? ''}` === head && number !== undefined
      return isOfPath ? [{ path: join(folder, file), number: Number(number) }] : []
    })
    .sort((a, b) => b.number - a.number)
}

function versionAt(path: string, name: string, isInForce: boolean): StoredVersion {
  const place = { interface: decodeURIComponent(name), path, isInForce }
  try {
    const model = readModelFile(path)
    if (model.kind === 'isolation-forest') return { ...place, model, fault: null }
    return { ...place, model: null, fault: 'it is no isolation forest' }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    return { ...place, model: null, fault: error.message }
  }
}
