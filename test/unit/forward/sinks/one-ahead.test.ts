import { describe, expect, it } from 'vitest'
import { OneAhead } from '../../../../src/forward/sinks/one-ahead.ts'
import type { Rejection } from '../../../../src/forward/sink.ts'

/** Deliveries that are answered when the test says so. */
function receiver() {
  const got: string[] = []
  const answers: { take(rejected?: readonly Rejection[]): void; fail(): void }[] = []
  const ahead = new OneAhead<string>((content) => {
    got.push(content)
    return new Promise((resolve, reject) => {
      answers.push({
        take: (rejected = []) => resolve(rejected),
        fail: () => reject(new Error('gone')),
      })
    })
  })
  const send = (sequence: number, hasMore: boolean) =>
    ahead.send({ sequence, content: `to ${sequence}` }, hasMore)
  return { got, answers, ahead, send }
}

describe('one batch ahead', () => {
  it('lets the next be made while one is under way, and sends it only behind its answer', async () => {
    const { got, answers, send } = receiver()
    expect(await send(10, true)).toEqual({ sequence: 0, rejected: [] })
    const second = send(20, true)
    expect(got).toEqual(['to 10'])
    answers[0]!.take([{ sequence: 7, reason: 'too long' }])
    expect(await second).toEqual({
      sequence: 10,
      rejected: [{ sequence: 7, reason: 'too long' }],
    })
    expect(got).toEqual(['to 10', 'to 20'])
  })

  it('waits for all where nothing follows', async () => {
    const { answers, ahead, send } = receiver()
    await send(10, true)
    answers[0]!.take()
    const last = send(20, false)
    await Promise.resolve()
    const asked = ahead.send(null, false)
    await new Promise((resolve) => setImmediate(resolve))
    answers[1]!.take()
    expect(await last).toMatchObject({ sequence: 20 })
    expect(await asked).toMatchObject({ sequence: 20 })
  })

  it('sends nothing behind a batch that failed, and forgets it', async () => {
    const { got, answers, send } = receiver()
    await send(10, true)
    answers[0]!.fail()
    await expect(send(20, true)).rejects.toThrow('gone')
    expect(got).toEqual(['to 10'])
    await send(10, true)
    answers[1]!.take()
    expect(await send(20, true)).toMatchObject({ sequence: 10 })
  })
})
