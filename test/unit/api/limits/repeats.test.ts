import { beforeEach, expect, test } from 'vitest'
import type { AnyAnswer } from '../../../../src/api/contract/contract.ts'
import { Repeats, type KeyedRequest } from '../../../../src/api/limits/repeats.ts'
import { ApiProblem } from '../../../../src/api/problem.ts'
import { PicketError } from '../../../../src/core/errors.ts'
import type { AnswerStore, StoredAnswer } from '../../../../src/record/logs/api/answer-store.ts'

/** A store in memory, whose disk may be full. */
class MemoryAnswers implements AnswerStore {
  readonly kept = new Map<string, StoredAnswer>()
  isFull = false

  get(caller: string, keyHash: string): StoredAnswer | null {
    return this.kept.get(caller + keyHash) ?? null
  }

  save(answer: StoredAnswer): Promise<void> {
    if (this.isFull) return Promise.reject(new PicketError('ERR_RECORD_WRITE', 'the disk is full'))
    this.kept.set(answer.caller + answer.keyHash, answer)
    return Promise.resolve()
  }

  forget(caller: string, keyHash: string): Promise<void> {
    this.kept.delete(caller + keyHash)
    return Promise.resolve()
  }
}

const ORDER: KeyedRequest = {
  key: 'ticket-4711',
  caller: 'token:a',
  content: { target: '192.0.2.7' },
  isAnswerSecret: false,
  isRepeatable: true,
}
const ANSWER: AnyAnswer = {
  status: 201,
  body: { id: 'b1' },
  headers: { location: '/v1/blocks/b1' },
}

let store: MemoryAnswers
let notKept: string[]
let done: number

beforeEach(() => {
  store = new MemoryAnswers()
  notKept = []
  done = 0
})

const repeats = (): Repeats => new Repeats(store, ({ message }) => notKept.push(message))

const work = (): Promise<AnyAnswer> => {
  done += 1
  return Promise.resolve(ANSWER)
}

/** An agent that is killed in the middle of the work. */
async function killedMeanwhile(request: KeyedRequest): Promise<void> {
  const begun = new Promise<void>((begin) => {
    void repeats().once(request, () => {
      begin()
      return new Promise(() => undefined)
    })
  })
  await begun
}

const problemOf = async (answer: Promise<AnyAnswer>): Promise<string> => {
  const error = await answer.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof ApiProblem ? error.body.type : `no problem: ${String(error)}`
}

test('what comes while the first is under way waits, is answered as it is, and does nothing', async () => {
  const once = repeats()
  let finish: (answer: AnyAnswer) => void = () => undefined
  const first = once.once(ORDER, () => {
    done += 1
    return new Promise((resolve) => (finish = resolve))
  })
  const second = once.once(ORDER, work)
  const other = once.once({ ...ORDER, content: { target: '192.0.2.8' } }, work)
  expect(await problemOf(other)).toContain('idempotency-mismatch')
  finish(ANSWER)
  expect(await first).toEqual(ANSWER)
  expect(await second).toMatchObject({ status: 201, body: ANSWER.body })
  expect((await second).headers).toMatchObject({ 'idempotency-replayed': 'true' })
  expect(done).toBe(1)
})

test('a failure is told to all who wait for it, and the key may be used again', async () => {
  const once = repeats()
  const failing = (): Promise<AnyAnswer> => Promise.reject(new ApiProblem('block-refused'))
  const both = [once.once(ORDER, failing), once.once(ORDER, work)]
  expect(await Promise.all(both.map(problemOf))).toEqual([
    'urn:picket:problem:block-refused',
    'urn:picket:problem:block-refused',
  ])
  expect(await once.once(ORDER, work)).toEqual(ANSWER)
  expect(done).toBe(1)
})

test('what was under way when the agent was killed is done anew where twice is the same as once', async () => {
  await killedMeanwhile(ORDER)
  expect(await repeats().once(ORDER, work)).toEqual(ANSWER)
  expect((await repeats().once(ORDER, work)).headers).toHaveProperty('idempotency-replayed')
  expect(done).toBe(1)
})

test('and else nobody does it again: the key is refused, whatever is asked with it', async () => {
  const once = { ...ORDER, isRepeatable: false }
  await killedMeanwhile(once)
  expect(await problemOf(repeats().once(once, work))).toContain('idempotency-conflict')
  const other = { ...once, content: { target: '192.0.2.8' } }
  expect(await problemOf(repeats().once(other, work))).toContain('idempotency-mismatch')
  expect(done).toBe(0)
})

test('where the key cannot be reserved nothing is done', async () => {
  store.isFull = true
  await expect(repeats().once(ORDER, work)).rejects.toMatchObject({ code: 'ERR_RECORD_WRITE' })
  expect(done).toBe(0)
})

test('what is done is told even where its answer cannot be remembered', async () => {
  const answer = await repeats().once(ORDER, () => {
    store.isFull = true
    return work()
  })
  expect(answer).toEqual(ANSWER)
  expect(notKept).toEqual(['the disk is full'])
})
