/** One client's tries at one site's login page, and when they are guessing. */
import type { HttpRequest, HttpResponse } from '../../../../flow/flow.ts'
import type { FormBruteforceConfig } from '../config.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'

/** A pause in which everything before is forgiven. */
const PAUSE_US = 60_000_000
/** People and patient programs take longer between two tries. */
const MOST_GAP_US = 5_000_000
const FEW_SHARE = 0.75
/** And fewer yet where each is refused by its status: whoever makes accounts by the dozen is not. */
const REFUSED_SHARE = 0.5
const HASTY_GAP_US = 2_000_000
/** Passwords of a list are of several lengths; a program that repeats itself sends the same form. */
const MIN_DIFFERENT_FORMS = 3
/** Of the tries so many must offer another user or password. */
const MIN_OFFERED_SHARE = 0.5
/** Wrong passwords are answered alike. */
const MIN_ALIKE_SHARE = 0.7
/** A browser fetches pictures and pages as well; whoever guesses does little else. */
const MOST_OTHERS_PER_TRY = 1
/** A page's length changes a little with what it repeats. */
const SIZE_STEP = 64
const MAX_ANSWERS = 32
const MAX_PENDING = 64

export class PageGuesser implements Row {
  readonly client: string
  readonly server: string
  readonly page: string
  /** Its address says that it is a login page; otherwise only what is handed in tells. */
  readonly isNamedLogin: boolean
  lastUs: number
  story: Story | null = null
  tries = 0
  #firstUs: number
  #others = 0
  #answered = 0
  /** Answers that say by their status that nobody is let in. */
  #refused = 0
  #forms = new DistinctCount()
  /** Pairs of user and password, where they can be read. */
  #offers = new DistinctCount()
  readonly #answers = new Map<number, number>()
  /** The client's ports on which a try waits for its answer. */
  readonly #pending = new Set<number>()

  constructor(
    { client, server }: { readonly client: string; readonly server: string },
    { page, isNamedLogin }: { readonly page: string; readonly isNamedLogin: boolean },
    nowUs: number,
  ) {
    this.client = client
    this.server = server
    this.page = page
    this.isNamedLogin = isNamedLogin
    this.#firstUs = nowUs
    this.lastUs = nowUs
  }

  get firstUs(): number {
    return this.#firstUs
  }

  get differentForms(): number {
    return Math.max(this.#forms.value, this.#offers.value)
  }

  tried(request: HttpRequest, port: number, nowUs: number): void {
    if (this.story === null && nowUs - this.lastUs > PAUSE_US) this.#forgive(nowUs)
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.tries += 1
    this.#forms.add(request.method === 'GET' ? hashOf(request.uri) : (request.contentBytes ?? -1))
    if (this.#pending.size < MAX_PENDING) this.#pending.add(port)
  }

  /** The form at hand offers this user and password. */
  offered(credentials: number): void {
    this.#offers.add(credentials)
  }

  /** Any other request of the client; fetching the login page itself is part of a try. */
  asked(uri: string): void {
    if (!uri.startsWith(this.page)) this.#others += 1
  }

  answered({ status, contentBytes }: HttpResponse, port: number): void {
    if (status < 200 || !this.#pending.delete(port)) return
    this.#answered += 1
    if (status === 401 || status === 403) this.#refused += 1
    const answer =
      status * 65536 + (contentBytes === null ? 0 : 1 + Math.floor(contentBytes / SIZE_STEP))
    const times = this.#answers.get(answer) ?? 0
    if (times > 0 || this.#answers.size < MAX_ANSWERS) this.#answers.set(answer, times + 1)
  }

  /** The share of the most frequent answer. */
  get alikeShare(): number {
    return this.#answered === 0 ? 0 : Math.max(...this.#answers.values(), 0) / this.#answered
  }

  /** Answers unlike the most frequent one: what a right password would get, and a server out of breath. */
  get otherAnswers(): number {
    return this.#answered - Math.max(...this.#answers.values(), 0)
  }

  isGuessing({ minTries }: FormBruteforceConfig): boolean {
    const gapUs = (this.lastUs - this.#firstUs) / Math.max(1, this.tries - 1)
    if (!this.#areMany(minTries, gapUs) || !this.#isVaried(minTries)) return false
    if (
      (gapUs > MOST_GAP_US && !this.#isRefusedThroughout) ||
      this.#others > this.tries * MOST_OTHERS_PER_TRY
    )
      return false
    // Where the server's side was not captured, the client's alone must do.
    return this.#answered * 2 < this.tries
      ? this.#answered === 0
      : this.alikeShare >= MIN_ALIKE_SHARE
  }

  /** A few less will do of readable offers that are all different, in haste, and answered alike to the last. */
  #areMany(minTries: number, gapUs: number): boolean {
    if (this.tries >= minTries) return true
    const isRefused = this.#refused === this.#answered
    if (this.#offers.value < minTries * (isRefused ? REFUSED_SHARE : FEW_SHARE)) return false
    if (gapUs > HASTY_GAP_US && !this.#isRefusedThroughout) return false
    return this.#answered > 0 && this.otherAnswers === 0
  }

  /** Each try was another offer, and each was refused by its status: then their pace says nothing for the client. */
  get #isRefusedThroughout(): boolean {
    return (
      this.#refused > 0 && this.#refused === this.#answered && this.#offers.value >= this.tries - 1
    )
  }

  /** Where the offers are readable it takes different ones; lengths must do where they are not. */
  #isVaried(minTries: number): boolean {
    if (this.#offers.value >= minTries * MIN_OFFERED_SHARE) return true
    return this.isNamedLogin && this.#offers.value === 0 && this.#forms.value >= MIN_DIFFERENT_FORMS
  }

  #forgive(nowUs: number): void {
    this.tries = 0
    this.#others = 0
    this.#answered = 0
    this.#refused = 0
    this.#forms = new DistinctCount()
    this.#offers = new DistinctCount()
    this.#answers.clear()
    this.#pending.clear()
    this.#firstUs = nowUs
  }
}

function hashOf(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at))
  return hash
}
