/** The host's own model through its life: what is put in force, what is held, and what is said of it. */
import { describe, expect, it } from 'vitest'
import { defaultsOf } from '../../../../../src/config/defaults.ts'
import {
  isolationForestConfig,
  type IsolationForestConfig,
} from '../../../../../src/detect/models/config.ts'
import { isolationScore } from '../../../../../src/detect/models/isolation-forest.ts'
import { HostModel } from '../../../../../src/detect/models/learning/host-model.ts'
import { knownAttacks } from '../../../../../src/detect/models/learning/known-attacks.ts'
import { seededRandom } from '../../../../../src/detect/models/index.ts'
import { FEATURE_COUNT, FEATURE_NAMES } from '../../../../../src/feature/index.ts'

const HOUR_US = 3600e6
const START_US = 1_700_000_000_000_000
const FLOWS = 1500
const config = {
  ...defaultsOf(isolationForestConfig),
  minimumFlows: FLOWS / 2,
  minimumMinutes: 0,
  baselineFlows: FLOWS,
} as IsolationForestConfig

const random = seededRandom(11)
const isTcp = FEATURE_NAMES.indexOf('isTcp')

/** A flow of a host whose every feature wanders about `level`. */
function usual(level = 2): Float64Array {
  const row = Float64Array.from({ length: FEATURE_COUNT }, () => level + random())
  row[isTcp] = random() < 0.8 ? 1 : 0
  return row
}

/** Lets a day of flows pass, made by `make`, and the tick at its end. */
function day(host: HostModel, number: number, make: (index: number) => Float64Array): void {
  for (let index = 0; index < FLOWS; index += 1) {
    const row = make(index)
    const score = host.model === null ? null : isolationScore(host.model, row)
    host.offer(row, START_US + number * 24 * HOUR_US + index * 1e6, score)
  }
  host.tick(START_US + (number + 1) * 24 * HOUR_US + 1e9)
}

function learnedHost(changes: Partial<IsolationForestConfig> = {}): HostModel {
  const host = new HostModel({ ...config, ...changes }, 1, null)
  day(host, 0, () => usual())
  return host
}

describe('the model of a host', () => {
  it('is learned once, and replaced quietly as long as traffic stays what it was', () => {
    const host = learnedHost()
    expect(host.state()).toMatchObject({ state: 'scoring', version: 1, held: null })
    day(host, 1, () => usual())
    day(host, 2, () => usual(2.05))
    expect(host.state()).toMatchObject({ version: 3, held: null })
  })

  it('flags the known attacks when it has been learned from ordinary traffic', () => {
    const { model } = learnedHost()
    expect(model!.reference.attacksApart).toBeGreaterThanOrEqual(8)
    expect(model!.reference.ordinary).toHaveLength(256)
  })

  it('is held when somebody taught it, little by little, that attacks are usual', () => {
    const host = learnedHost()
    const attacks = knownAttacks(usual())
    const start = usual()
    for (let number = 1; number <= 15 && host.state().held === null; number += 1) {
      // Each day half the flows lie a fifteenth nearer to the attacks.
      const near = Math.min(1, number / 15)
      day(host, number, (index) => {
        const attack = attacks[index % attacks.length]!
        return index % 2 === 0 ? usual() : start.map((value, at) => value + near * (attack[at]! - value) + 0.3 * random()) // prettier-ignore
      })
    }
    const stopped = host.state()
    const { reference } = host.model!
    const ordinary = reference.ordinary.map((row) => isolationScore(host.model!, row)).sort()
    const caught = attacks.filter((row) => isolationScore(host.model!, row) >= ordinary[240]!)
    // Either a model that had learned them was held, or none ever came to find them usual.
    if (stopped.held !== null) expect(stopped.held).toMatch(/was not put in force: .* (attacks usual|looks unusual)/)
    expect(caught.length).toBeGreaterThanOrEqual(reference.attacksApart - 1)
  }) // prettier-ignore

  it('is held, and says so, once traffic has crept too far from what was first learned', () => {
    const host = learnedHost()
    let level = 2
    for (let number = 1; number < 40 && host.state().held === null; number += 1) {
      level += 0.15
      day(host, number, () => usual(level))
    }
    const { version, held } = host.state()
    expect(held).toMatch(
      /model \d+ was not put in force: \d+ % of the traffic first learned looks unusual/,
    )
    // What was there before stays, and is replaced again when the traffic is itself again.
    for (const number of [50, 51]) day(host, number, () => usual(level - 0.3))
    expect(host.state().version).toBeGreaterThanOrEqual(version!)
    expect(host.model).not.toBeNull()
  })

  it('is never replaced when retraining is off', () => {
    const host = learnedHost({ retrainHours: 0 })
    for (let number = 1; number < 4; number += 1) day(host, number, () => usual())
    expect(host.state().version).toBe(1)
  })

  it('measures drift: how many times as much is unusual as was to be expected', () => {
    const host = learnedHost({ retrainHours: 0 })
    expect(host.state().drift).toBeNull()
    for (let number = 1; number < 5; number += 1) day(host, number, () => usual())
    const calm = host.state().drift!
    for (let number = 5; number < 9; number += 1) day(host, number, () => usual(5))
    expect(calm).toBeLessThan(5)
    expect(host.state().drift).toBeGreaterThan(100)
  })
})
