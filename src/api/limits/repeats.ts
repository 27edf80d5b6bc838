/** Requests that come twice are done once: answers kept by `Idempotency-Key`, over restarts too. */
import { createHash } from 'node:crypto'
import type { AnswerStore, StoredAnswer } from '../../record/logs/api/answer-store.ts'
import type { AnyAnswer } from '../contract/contract.ts'
import { PicketError } from '../../core/errors.ts'
import { ApiProblem, invalidRequest } from '../problem.ts'

export const IDEMPOTENCY_HEADER = 'idempotency-key'
/** Set on an answer that is given again. */
const REPLAYED_HEADER = 'idempotency-replayed'

export interface KeyedRequest {
  /** As its caller chose it. */
  readonly key: string
  readonly caller: string
  /** All that makes the request what it is: operation, path, query, body. */
  readonly content: unknown
  /** Its answer holds a secret, which must not be kept. */
  readonly isAnswerSecret: boolean
  /** Doing it twice comes to the same as doing it once. */
  readonly isRepeatable: boolean
}

/** What is done under a key right now. */
interface Work {
  readonly requestHash: string
  readonly answer: Promise<AnyAnswer>
}

/** The status of a request that is begun and not yet answered. */
const BEGUN = 0

/**
 * Does the work of a key once and gives later requests the same answer, for a day.
 *
 * That it is begun is written before it is done: after a crash nobody does it twice unknowingly. Only success is
 * remembered: what failed changed nothing and may be tried again with the same key.
 */
export class Repeats {
  readonly #store: AnswerStore
  readonly #notKept: (error: PicketError) => void
  readonly #underWay = new Map<string, Work>()

  /** `notKept` is told when an answer could not be remembered; its caller gets it all the same. */
  constructor(store: AnswerStore, notKept: (error: PicketError) => void) {
    this.#store = store
    this.#notKept = notKept
  }

  /**
   * Errors: `idempotency-mismatch` for a key that was used for another request; `idempotency-conflict` when the
   * answer of the first was secret, or nobody knows what came of it; `invalid-request` for a key that is none;
   * those of the work, also for who asked while it was under way.
   */
  async once(request: KeyedRequest, work: () => Promise<AnyAnswer>): Promise<AnyAnswer> {
    refuseBadKey(request.key)
    const name = { caller: request.caller, keyHash: hashOf(request.key) }
    const requestHash = hashOf(JSON.stringify(request.content))
    const id = `${name.caller} ${name.keyHash}`
    const other = this.#underWay.get(id)
    if (other !== undefined) return this.#sameAs(other, requestHash, request)
    const known = this.#store.get(name.caller, name.keyHash)
    if (known !== null) {
      refuseMismatch(known, requestHash)
      if (known.status !== BEGUN) return replayed(known)
      if (!request.isRepeatable) throw interrupted()
    }
    const answer = this.#do({ ...name, requestHash }, request, work)
    this.#underWay.set(id, { requestHash, answer })
    try {
      return await answer
    } finally {
      this.#underWay.delete(id)
    }
  }

  /** Waits for what is under way and answers as it does. */
  async #sameAs(other: Work, requestHash: string, request: KeyedRequest): Promise<AnyAnswer> {
    refuseMismatch(other, requestHash)
    const { status, headers = {}, body } = await other.answer
    if (request.isAnswerSecret) throw secret(headers)
    return { status, headers: { ...headers, [REPLAYED_HEADER]: 'true' }, body }
  }

  async #do(
    name: Pick<StoredAnswer, 'caller' | 'keyHash' | 'requestHash'>,
    { isAnswerSecret }: KeyedRequest,
    work: () => Promise<AnyAnswer>,
  ): Promise<AnyAnswer> {
    await this.#store.save({ ...name, status: BEGUN, headers: {}, body: '' })
    let answer: AnyAnswer
    try {
      answer = await work()
    } catch (error) {
      await this.#keep(() => this.#store.forget(name.caller, name.keyHash))
      throw error
    }
    const { status, headers = {} } = answer
    const body = isAnswerSecret ? '' : JSON.stringify(answer.body)
    await this.#keep(() => this.#store.save({ ...name, status, headers, body }))
    return answer
  }

  /** It is done, or not, and the client must know that: later it is as after a crash. */
  async #keep(writing: () => Promise<void>): Promise<void> {
    try {
      await writing()
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      this.#notKept(error)
    }
  }
}

function refuseBadKey(key: string): void {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return
  const message = 'must be 1 to 255 visible ASCII characters, such as a UUID'
  throw invalidRequest([{ field: 'Idempotency-Key', message }])
}

function refuseMismatch(known: Pick<StoredAnswer, 'requestHash'>, requestHash: string): void {
  if (known.requestHash === requestHash) return
  throw new ApiProblem('idempotency-mismatch', {
    detail: 'this Idempotency-Key was sent with another request before',
    hint: 'use a new key for each new request, and the same one only to repeat it unchanged',
  })
}

function replayed(known: StoredAnswer): AnyAnswer {
  if (known.body === '') throw secret(known.headers)
  const headers = { ...known.headers, [REPLAYED_HEADER]: 'true' }
  return { status: known.status, headers, body: JSON.parse(known.body) as unknown }
}

function secret(headers: Readonly<Record<string, string>>): ApiProblem {
  const where = headers['location'] ?? 'it'
  return new ApiProblem('idempotency-conflict', {
    detail: `an earlier request with this key did it (${where}); its answer is shown once`,
    hint: 'if that answer is lost, undo it and ask again with a new key',
  })
}

function interrupted(): ApiProblem {
  return new ApiProblem('idempotency-conflict', {
    detail:
      'an earlier request with this key was begun, and the agent ended before it was answered',
    hint: 'look whether it was done, and ask again with a new key where it was not',
  })
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
