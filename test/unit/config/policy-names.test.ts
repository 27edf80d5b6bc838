import { expect, test } from 'vitest'
import { unknownPolicyNames, validateConfig } from '../../../src/config/index.ts'
import { eventOfEachKind } from '../../support/detection/event-kinds.ts'
import { temporaryFolder } from '../../support/record.ts'

const { policy, detect } = validateConfig({}, 'test')

test('a policy may block for every kind that Picket tells', async () => {
  const kinds = eventOfEachKind().map(({ kind }) => kind)
  expect(kinds.length).toBeGreaterThan(200)
  const blockWhen = kinds.map((kind) => ({ kind, minSeverity: 7, minConfidence: 0.9, ttlSeconds: 60 })) // prettier-ignore
  const folder = await temporaryFolder()
  expect(unknownPolicyNames({ policy: { ...policy, blockWhen }, detect }, folder)).toEqual([])
})
