/** The logins that were refused to one client, account by account, and how many different guesses they hold. */

/** Accounts remembered one by one; further ones are only counted. */
const MAX_ACCOUNTS = 128

/** Different passwords told apart for one account; beyond it each counts as another. */
const MAX_SECRETS = 32

/** A user as the server was told it, and the digest of the password where that was readable. */
export interface Offer {
  readonly user: string | null
  readonly secret: number | null
}

class Account {
  readonly #secrets = new Set<number>()
  #guesses = 0
  /** Refusals of passwords that could not be read. */
  blind = 0
  refusals = 0

  refuse(secret: number | null): void {
    this.refusals += 1
    if (secret === null) {
      this.blind += 1
      return
    }
    if (this.#secrets.has(secret)) return
    if (this.#secrets.size < MAX_SECRETS) this.#secrets.add(secret)
    this.#guesses += 1
  }

  /** Different passwords known to have been tried: one at least. */
  get guesses(): number {
    return Math.max(1, this.#guesses)
  }
}

/**
 * Refusals by account. Whoever is let in is excused what was refused before, which is what sets the owner
 * of a bad memory apart from a thief.
 */
export class Refusals {
  readonly #accounts = new Map<string, Account>()
  #beyond = 0
  #refusals = 0
  #blind = 0

  /** Notes a refusal; true when the account was not tried before. */
  add({ user, secret }: Offer): boolean {
    const name = user ?? ''
    this.#refusals += 1
    if (secret === null) this.#blind += 1
    let account = this.#accounts.get(name)
    const isNew = account === undefined
    if (account === undefined) {
      if (this.#accounts.size >= MAX_ACCOUNTS) {
        this.#beyond += 1
        return true
      }
      account = new Account()
      this.#accounts.set(name, account)
    }
    account.refuse(secret)
    return isNew
  }

  /** Forgets what was refused to a user who has now been let in; an unnamed one may be any of them. */
  excuse(user: string | null): void {
    if (user === null) {
      this.clear()
      return
    }
    const account = this.#accounts.get(user)
    if (account === undefined) return
    this.#accounts.delete(user)
    this.#refusals -= account.refusals
    this.#blind -= account.blind
  }

  clear(): void {
    this.#accounts.clear()
    this.#beyond = 0
    this.#refusals = 0
    this.#blind = 0
  }

  has(user: string | null): boolean {
    return user === null ? this.#refusals > 0 : this.#accounts.has(user)
  }

  get count(): number {
    return this.#refusals
  }

  /** Of those, the ones whose password could not be read. */
  get blind(): number {
    return this.#blind
  }

  /** Users tried; beyond the first hundred one tried twice may count twice. */
  get users(): number {
    return this.#accounts.size + this.#beyond
  }

  /** Different pairs of user and password, as far as they can be told. */
  get guesses(): number {
    let guesses = this.#beyond
    for (const account of this.#accounts.values()) guesses += account.guesses
    return guesses
  }

  /** A few of the users' names. */
  names(limit: number): string[] {
    const names: string[] = []
    for (const name of this.#accounts.keys()) {
      if (names.length >= limit) break
      if (name !== '') names.push(name)
    }
    return names
  }
}
