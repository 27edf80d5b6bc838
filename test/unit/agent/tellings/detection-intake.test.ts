/** What the intake promises: recorded first, acted on after, and nobody waits for another's block. */
import { expect, it } from 'vitest'
import {
  DetectionIntake,
  type IntakeOptions,
} from '../../../../src/agent/tellings/detection-intake.ts'
import { systemClock as clock } from '../../../../src/core/clock.ts'
import { PicketError } from '../../../../src/core/errors.ts'
import { silentLog as log } from '../../../../src/core/log/log.ts'
import { BlockBreaker, policyFromConfig } from '../../../../src/decide/index.ts'
import { EventFolder, IncidentBook } from '../../../../src/record/index.ts'
import type { EventRecord } from '../../../../src/record/record.ts'
import { validateConfig } from '../../../../src/config/index.ts'
import { detection } from '../../../support/detection/detections.ts'
import { until } from '../../../support/await-until.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

const { policy } = validateConfig(
  { policy: { mode: 'block', blockWhen: [{ kind: 'scan', minSeverity: 4, minConfidence: 0.5 }] } },
  '',
)

type Changes = Pick<IntakeOptions, 'order'> & Partial<Pick<IntakeOptions, 'events'>>

function intakeInto(record: EventRecord, changes: Changes): DetectionIntake {
  const { agentId, events, evidence } = record
  const incidents = new IncidentBook(3600)
  return new DetectionIntake({
    policy: policyFromConfig(policy),
    breaker: new BlockBreaker({ maxPerMinute: 30, openMs: 1000, clock, onOpen: () => undefined }),
    folder: new EventFolder({ agentId, foldSeconds: 300, clock, incidents }),
    ...{ isHidden: () => false, events, evidence, maxPacketsPerEvent: 8, clock, log },
    onRecorded: () => undefined,
    ...changes,
  })
}

/** What the log says of the attacker now: the verdict, or null where nothing is written. */
function verdictOn(record: EventRecord, eventId: string): string | null {
  return record.events.get(eventId)?.verdict ?? null
}

it('has written the event when the block may be put in force', async () => {
  const record = await openedRecord(await temporaryFolder())
  const seen: (string | null)[] = []
  const intake = intakeInto(record, {
    async order([order], recordEvent) {
      seen.push(verdictOn(record, order!.eventId))
      await recordEvent()
      seen.push(verdictOn(record, order!.eventId))
      return [null]
    },
  })
  intake.receive([detection()], 'eth0')
  await intake.close()
  expect(seen).toEqual([null, 'block'])
})

it('writes the event without the block where that is kept waiting, and the next one too', async () => {
  const record = await openedRecord(await temporaryFolder())
  let letGo: () => void = () => undefined
  const busy = new Promise<void>((resolve) => (letGo = resolve))
  const intake = intakeInto(record, {
    async order(orders, recordEvent) {
      await busy
      await recordEvent()
      return orders.map(() => null)
    },
  })
  intake.receive([detection()], 'eth0')
  intake.receive([detection({ id: 'second', attacker: '192.0.2.8' })], 'eth0')
  await expect.poll(() => record.events.lastSequence()).toBe(2)
  intake.receive([detection({ id: 'third', attacker: '192.0.2.9' })], 'eth0')
  await expect.poll(() => record.events.lastSequence()).toBe(3)
  letGo()
  await intake.close()
})

it('orders again what it could not write, once it is written', async () => {
  const record = await openedRecord(await temporaryFolder())
  const outcomes: string[] = []
  let isFull = true
  const intake = intakeInto(record, {
    events: {
      ...record.events,
      save(stories, options) {
        if (!isFull) return record.events.save(stories, options)
        isFull = false
        return Promise.reject(new PicketError('ERR_RECORD_WRITE', 'the disk is full'))
      },
    },
    async order(orders, recordEvent) {
      const [outcome] = await Promise.allSettled([recordEvent()])
      outcomes.push(outcome.status)
      if (outcome.status === 'rejected') throw outcome.reason
      return orders.map(() => null)
    },
  })
  intake.receive([detection()], 'eth0')
  await expect.poll(() => outcomes, { timeout: 5000 }).toEqual(['rejected', 'fulfilled'])
  await intake.close()
  expect(record.events.lastSequence()).toBe(1)
})

it('writes much at once in pieces, each block with the piece that its event is in', async () => {
  const record = await openedRecord(await temporaryFolder())
  const pieces: number[] = []
  const unwritten: string[] = []
  let ordered = 0
  const intake = intakeInto(record, {
    events: {
      ...record.events,
      save(stories, options) {
        pieces.push(stories.length)
        return record.events.save(stories, options)
      },
    },
    async order(orders, recordEvent) {
      await recordEvent()
      ordered += orders.length
      const isMissing = (id: string): boolean => record.events.get(id) === null
      unwritten.push(...orders.map(({ eventId }) => eventId).filter(isMissing))
      return orders.map(() => null)
    },
  })
  const mild = Array.from({ length: 600 }, (_, index) =>
    detection({
      id: `mild-${index}`,
      attacker: `198.51.${index >> 8}.${index & 255}`,
      severity: 3,
    }),
  )
  const grave = Array.from({ length: 20 }, (_, index) =>
    detection({ id: `grave-${index}`, attacker: `192.0.2.${index}` }),
  )
  intake.receive([...grave.slice(10), ...mild, ...grave.slice(0, 10)], 'eth0')
  await intake.close()
  expect(record.events.lastSequence()).toBe(620)
  expect(Math.max(...pieces)).toBe(256)
  expect({ ordered, unwritten }).toEqual({ ordered: 20, unwritten: [] })
})

it('amends the event of a block that was refused, and is done when that is written', async () => {
  const record = await openedRecord(await temporaryFolder())
  let eventId = ''
  const intake = intakeInto(record, {
    order([order]) {
      ;({ eventId } = order!)
      return Promise.resolve([new PicketError('ERR_BLOCK_REFUSED', 'it is the gateway')])
    },
  })
  intake.receive([detection()], 'eth0')
  await intake.close()
  expect(record.events.get(eventId)).toMatchObject({
    verdict: 'alert',
    decision: 'policy ordered a block, which was refused: it is the gateway',
  })
})

it('goes on saying that a block was refused when its story is told again', async () => {
  const record = await openedRecord(await temporaryFolder())
  const eventIds = new Set<string>()
  let asked = 0
  const intake = intakeInto(record, {
    order(orders) {
      asked += orders.length
      for (const { eventId } of orders) eventIds.add(eventId)
      return Promise.resolve([new PicketError('ERR_BLOCK_REFUSED', 'it is the gateway')])
    },
  })
  intake.receive([detection()], 'eth0')
  const [eventId] = await expect.poll(() => [...eventIds]).toHaveLength(1).then(() => [...eventIds]) // prettier-ignore
  await expect.poll(() => verdictOn(record, eventId!)).toBe('alert')
  intake.receive([detection({ count: 99 })], 'eth0')
  await intake.close()
  expect(asked).toBe(1)
  expect(record.events.get(eventId!)).toMatchObject({
    ...{ verdict: 'alert', count: 99 },
    decision: expect.stringContaining('not blocked: it is the gateway') as string,
  })
})

it('says that the log takes no events, and why, until it takes them again', async () => {
  const record = await openedRecord(await temporaryFolder())
  let isReadOnly = true
  const events = {
    ...record.events,
    save: (...call: Parameters<typeof record.events.save>) =>
      isReadOnly
        ? Promise.reject(new PicketError('ERR_RECORD_WRITE', 'cannot write to the log: disk I/O error')) // prettier-ignore
        : record.events.save(...call),
  }
  const intake = intakeInto(record, { events, order: ordered })
  expect(intake.unwritten).toBeNull()
  intake.receive([detection()], 'eth0')
  await until('the log has refused', () => intake.unwritten)
  expect(intake.unwritten).toEqual({ events: 1, reason: 'cannot write to the log: disk I/O error' })
  isReadOnly = false
  await until('it is written', () => (intake.unwritten === null ? true : null))
  await intake.close()
  expect((await record.events.list({ limit: 10 })).items).toHaveLength(1)
})

const ordered: IntakeOptions['order'] = async (orders, recordEvents) => {
  await recordEvents()
  return orders.map(() => null)
}
