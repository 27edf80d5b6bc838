import { expect, test } from 'vitest'
import {
  ANSWER_LIFE_MS,
  MAX_ANSWER_BYTES,
  type StoredAnswer,
} from '../../../../src/record/logs/api/answer-store.ts'
import type { EventRecord } from '../../../../src/record/record.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

let nowMs = Date.UTC(2026, 0, 1)

const answer = (keyHash: string, bytes: number): StoredAnswer => ({
  ...{ caller: 'token:a', keyHash, requestHash: 'r', status: 200, headers: {} },
  body: JSON.stringify('x'.repeat(bytes - 2)),
})

const openAt = async (): Promise<EventRecord> =>
  openedRecord(await temporaryFolder(), { clock: { nowMs: () => nowMs } })

const saved = async ({ answers }: EventRecord, keyHash: string, bytes: number): Promise<void> => {
  nowMs += 1
  await answers.save(answer(keyHash, bytes))
}

test('of long answers only the newest are kept, whatever their number', async () => {
  const record = await openAt()
  const eighth = MAX_ANSWER_BYTES / 8
  for (const key of 'abcdefghij') await saved(record, key, eighth)
  const kept = [...'abcdefghij'].filter((key) => record.answers.get('token:a', key) !== null)
  expect(kept.join('')).toBe('cdefghij')
})

test('a short answer pushes none out', async () => {
  const record = await openAt()
  await saved(record, 'long', MAX_ANSWER_BYTES)
  await saved(record, 'short', 100)
  expect(record.answers.get('token:a', 'long')).not.toBeNull()
  expect(record.answers.get('token:a', 'short')?.body).toHaveLength(100)
})

test('an answer is forgotten after a day', async () => {
  const record = await openAt()
  await saved(record, 'old', 100)
  nowMs += ANSWER_LIFE_MS
  expect(record.answers.get('token:a', 'old')).toBeNull()
})
