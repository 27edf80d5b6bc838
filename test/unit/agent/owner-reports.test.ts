import { describe, expect, it } from 'vitest'
import type { Owner, Owners } from '../../../src/owner/index.ts'
import { ownerHealth, ownerProblem, withPrograms } from '../../../src/agent/owner-reports.ts'
import { detection } from '../../support/detection/detections.ts'
import { owner } from '../../support/record.ts'

const source = (problem: string | null, lack: string | null = null) => ({
  ...{ name: 'trace' as const, problem, lack, counters: () => ({ events: 3 }) },
})

/** As much of `Owners` as is reported. */
function reported(changes: object): Owners {
  const programOf = (ids: readonly string[]): Owner | null =>
    ids.includes('1:known') ? owner() : null
  return { sources: [], attributed: {}, missed: {}, programOf, ...changes } as unknown as Owners
}

describe('withPrograms', () => {
  it('names the program of a story whose flows are known, and leaves the others as they are', () => {
    const known = detection({ flows: ['1:known'] })
    const unknown = detection({ flows: ['1:other'] })
    const [told, untold] = withPrograms([known, unknown], reported({}))
    expect(told).toEqual({ ...known, process: owner() })
    expect(untold).toBe(unknown)
  })
})

describe('the health of the search for processes', () => {
  it('says what works, what does not and why, and what does with less', () => {
    const sources = [source('tracefs is not mounted'), source(null, 'others are hidden')]
    const health = ownerHealth(reported({ sources, attributed: { close: 2 } }))
    expect(health).toMatchObject({ enabled: true, attributed: { close: 2 }, missed: {} })
    expect(health.sources).toMatchObject([
      { inForce: false, problem: 'tracefs is not mounted', counters: { events: 3 } },
      { inForce: true, problem: 'others are hidden' },
    ])
  })

  it('is a problem of the agent only when no way works though one is wanted', () => {
    expect(ownerProblem(reported({}))).toEqual([])
    expect(ownerProblem(reported({ sources: [source('a'), source(null)] }))).toEqual([])
    const none = [source('no tracefs'), source('no /proc')]
    expect(ownerProblem(reported({ sources: none }))).toEqual([
      'processes are not found: no tracefs; no /proc',
    ])
  })
})
