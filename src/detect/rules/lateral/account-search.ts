/**
 * Counts the accounts that a client asks a Windows host for, one after another or many at once: RID cycling (enum4linux,
 * rpcclient, lookupsid) and the reading of each account's card (samrdump).
 *
 * A host that shows who owns a file asks for a name or two, and keeps them.
 * Source: MS-LSAT §3.1.4 (LookupSids, LookupNames), MS-SAMR §3.1.5.
 */
import type { DcerpcCall } from '../../../flow/flow.ts'
import type { Memory } from '../../detector.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import type { Row } from '../state/tables/capped-table.ts'

/** By interface, the numbers of the calls that bring names or cards. */
const SEARCHING: Readonly<Record<string, ReadonlySet<number>>> = {
  lsarpc: new Set([14, 15, 57, 58, 76, 77]),
  samr: new Set([17, 18, 34, 36, 39, 47]),
}
/** Calls that ask for many at once: of LookupSids and LookupNames, a name takes some thirty bytes and seldom a hundred. */
const BYTES_A_NAME = 100
/** So many within a minute are a list being worked through. */
export const MIN_SEARCHES = 30
const WITHIN_US = 60_000_000
const MAX_PAIRS = 2048

interface Search extends Row {
  firstUs: number
  accounts: number
}

export class AccountSearch {
  readonly #searches = new FadingTable<Search>(MAX_PAIRS, WITHIN_US)

  get memory(): Memory {
    return this.#searches
  }

  /** Notes a call between the pair of `key`; returns how many accounts were asked for in a minute, 0 for other calls. */
  note(key: number, { interface: name, opnum, argumentBytes }: DcerpcCall, nowUs: number): number {
    if (opnum === null || SEARCHING[name]?.has(opnum) !== true) return 0
    const accounts = name === 'lsarpc' ? Math.max(1, Math.floor(argumentBytes / BYTES_A_NAME)) : 1
    const known = this.#searches.get(key)
    if (known === undefined || nowUs - known.firstUs > WITHIN_US) {
      this.#searches.set(key, { firstUs: nowUs, lastUs: nowUs, accounts })
      return accounts
    }
    known.lastUs = Math.max(known.lastUs, nowUs)
    known.accounts += accounts
    return known.accounts
  }
}
