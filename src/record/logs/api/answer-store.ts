/** Answers that are given again when a request comes twice: what `Idempotency-Key` stands on. */

export interface StoredAnswer {
  /** Who asked: `token:ID` or `local`. */
  readonly caller: string
  /** Hex; of the key that the caller chose. */
  readonly keyHash: string
  /** Hex; of the operation, its path and its body. */
  readonly requestHash: string
  /** 0 from when the request is begun until it is answered. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How long an answer is remembered, ms. */
export const ANSWER_LIFE_MS = 24 * 3600 * 1000
/** Of all callers together; beyond it the oldest go. */
export const MAX_ANSWERS = 10_000
/** Of the bodies of all answers, as far as long ones count; beyond it the oldest go. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024

export interface AnswerStore {
  /** Null where the key is new, or was used longer than `ANSWER_LIFE_MS` ago. */
  get(caller: string, keyHash: string): StoredAnswer | null
  /** Errors: `ERR_RECORD_WRITE`. */
  save(answer: StoredAnswer): Promise<void>
  /** Forgets what is known of the key. Errors: `ERR_RECORD_WRITE`. */
  forget(caller: string, keyHash: string): Promise<void>
}
