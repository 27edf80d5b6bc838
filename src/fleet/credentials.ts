/**
 * NKeys for hosts, and what the servers let each do: read the orders, and write under its own name.
 *
 * A user of the servers is a public key with permissions; its seed never leaves the folder but for the host.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../core/errors.ts'
import { makeUserSeed, publicNkeyOf } from '../forward/nats/index.ts'
import { namesOf } from './subjects.ts'

/** The name of the seed of those who order. */
const ORDERER = 'orderer'

export interface WrittenCredentials {
  /** The file that the servers include. */
  readonly usersFile: string
  /** Names of those for whom a seed was made. */
  readonly made: readonly string[]
  /** Everybody in the users file, orderer included. */
  readonly users: readonly string[]
}

/**
 * Makes a seed `NAME.nk` for each host that has none yet, one for the orderer, and writes `users.conf` with all.
 *
 * Errors: `ERR_FLEET_ORDERER` for a folder that cannot be written, or a file in it that holds no seed.
 */
export function writeCredentials(
  folder: string,
  fleet: string,
  hosts: readonly string[],
): WrittenCredentials {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const wanted = [...new Set([ORDERER, ...hosts])]
    const made = wanted.filter((name) => !existsSync(seedFile(folder, name)))
    for (const name of made) {
      writeFileSync(seedFile(folder, name), `${makeUserSeed()}\n`, { mode: 0o600, flag: 'wx' })
    }
    const files = readdirSync(folder).filter((file) => file.endsWith('.nk'))
    const users = files.map((file) => file.slice(0, -'.nk'.length)).sort()
    const usersFile = join(folder, 'users.conf')
    writeFileSync(usersFile, usersOf(folder, fleet, users), { mode: 0o600 })
    return { usersFile, made, users }
  } catch (cause) {
    if (cause instanceof PicketError || !(cause instanceof Error)) throw cause
    const message = `credentials cannot be written to ${folder}: ${cause.message}`
    throw new PicketError('ERR_FLEET_ORDERER', message, { cause })
  }
}

const seedFile = (folder: string, name: string): string => join(folder, `${name}.nk`)

function usersOf(folder: string, fleet: string, users: readonly string[]): string {
  const entries = users.map((name) => {
    const key = publicNkeyOf(readFileSync(seedFile(folder, name), 'utf8'))
    if (key === null) {
      const message = `${seedFile(folder, name)} does not hold the seed of an NKey`
      throw new PicketError('ERR_FLEET_ORDERER', message)
    }
    return `  # ${name}\n  ${userOf(key, name === ORDERER ? null : permissionsOf(fleet, name))}`
  })
  return `# Written by picket fleet credentials; whoever is taken out of it is locked out.\nusers: [\n${entries.join('\n')}\n]\n`
}

interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** Null for an orderer, who may do everything in the fleet's account. */
function userOf(nkey: string, permissions: Permissions | null): string {
  return JSON.stringify({ nkey, ...(permissions === null ? {} : { permissions }) })
}

/** What a host may do; everything else is denied, orders above all. */
function permissionsOf(fleet: string, host: string): Permissions {
  const names = namesOf(fleet)
  return {
    publish: [
      `$JS.API.STREAM.INFO.${names.orders}`,
      `$JS.API.STREAM.MSG.GET.${names.orders}`,
      names.acknowledgementSubject(host, '*'),
      names.hostSubject(host),
      `${names.eventSubject(host)}.>`,
    ],
    subscribe: [names.news, `${names.inbox(host)}.>`],
  }
}
