/** Requests that come twice are done once: answers kept by `Idempotency-Key`, over restarts too. */
import { createHash } from 'node:crypto'
import type { AnswerStore, StoredAnswer } from '../../record/answer-store.ts'
import type { AnyAnswer } from '../contract.ts'
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
}

/**
 * Does the work of a key once and gives later requests the same answer, for a day.
 *
 * Only success is remembered: what failed changed nothing and may be tried again with the same key.
 */
export class Repeats {
  readonly #store: AnswerStore
  readonly #underWay = new Set<string>()

  constructor(store: AnswerStore) {
    this.#store = store
  }

  /**
   * Errors: `idempotency-mismatch` for a key that was used for another request; `idempotency-conflict` while the
   * first is under way, or when its answer was secret; `invalid-request` for a key that is none.
   */
  async once(request: KeyedRequest, work: () => Promise<AnyAnswer>): Promise<AnyAnswer> {
    refuseBadKey(request.key)
    const { caller } = request
    const keyHash = hashOf(request.key)
    const requestHash = hashOf(JSON.stringify(request.content))
    const known = this.#store.get(caller, keyHash)
    if (known !== null) return replayed(known, requestHash)
    const name = `${caller} ${keyHash}`
    if (this.#underWay.has(name)) throw underWay()
    this.#underWay.add(name)
    try {
      const answer = await work()
      const { status, headers = {} } = answer
      const body = request.isAnswerSecret ? '' : JSON.stringify(answer.body)
      await this.#store.save({ caller, keyHash, requestHash, status, headers, body })
      return answer
    } finally {
      this.#underWay.delete(name)
    }
  }
}

function refuseBadKey(key: string): void {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return
  const message = 'must be 1 to 255 visible ASCII characters, such as a UUID'
  throw invalidRequest([{ field: 'Idempotency-Key', message }])
}

function replayed(known: StoredAnswer, requestHash: string): AnyAnswer {
  if (known.requestHash !== requestHash) {
    throw new ApiProblem('idempotency-mismatch', {
      detail: 'this Idempotency-Key was sent with another request before',
      hint: 'use a new key for each new request, and the same one only to repeat it unchanged',
    })
  }
  if (known.body === '') {
    const where = known.headers['location'] ?? 'it'
    throw new ApiProblem('idempotency-conflict', {
      detail: `an earlier request with this key did it (${where}); its answer is shown once`,
      hint: 'if that answer is lost, undo it and ask again with a new key',
    })
  }
  const headers = { ...known.headers, [REPLAYED_HEADER]: 'true' }
  return { status: known.status, headers, body: JSON.parse(known.body) as unknown }
}

function underWay(): ApiProblem {
  const detail = 'a request with this Idempotency-Key is still under way'
  const hint = 'send it again in a second: it is then answered as the first one was'
  return new ApiProblem('idempotency-conflict', { detail, hint }, { 'retry-after': '1' })
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
