import { expect, test } from 'vitest'
import type { Detector, FactKind } from '../../../src/detect/detector.ts'
import { Detectors } from '../../../src/detect/detectors.ts'
import { FadingTable } from '../../../src/detect/rules/state/tables/fading-table.ts'
import type { ApplicationFact, LiveFlow } from '../../../src/flow/flow.ts'
import { httpRequest, plannedFlow } from '../../support/detection/judged-rules.ts'

class Listener implements Detector {
  readonly name = 'dns-flood'
  readonly hears?: readonly FactKind[]
  readonly heard: FactKind[] = []

  constructor(hears?: readonly FactKind[]) {
    if (hears !== undefined) this.hears = hears
  }

  flowSpoke(_flow: LiveFlow, { kind }: ApplicationFact): void {
    this.heard.push(kind)
  }
}

test('a fact is told to those who hear its kind, and to who hears all', () => {
  const web = new Listener(['http-request', 'http-response'])
  const names = new Listener(['dns'])
  const all = new Listener()
  const detectors = new Detectors([web, names, all])
  const response: ApplicationFact = { kind: 'http-response', status: 200, contentType: null, server: null } as ApplicationFact // prettier-ignore
  for (const fact of [httpRequest(), response, httpRequest()]) {
    detectors.flowSpoke!(plannedFlow(), fact)
  }
  expect(web.heard).toEqual(['http-request', 'http-response', 'http-request'])
  expect(names.heard).toEqual([])
  expect(all.heard).toEqual(web.heard)
})

test('what a detector remembers fades with packet time, is given up when full, and leaves at the end', () => {
  const left: string[] = []
  class Rememberer implements Detector {
    readonly name = 'dns-flood'
    readonly table = new FadingTable<{ name: string; lastUs: number }>(2, 10e6, ({ name }) => {
      left.push(name)
    })
    readonly memories = [this.table]
  }
  const detector = new Rememberer()
  const detectors = new Detectors([detector])
  const note = (key: number, name: string, atUs: number): void =>
    detector.table.set(key, { name, lastUs: atUs })
  note(1, 'early', 1e6)
  note(2, 'late', 9e6)
  detectors.tick(11e6 + 1)
  expect(left).toEqual(['early'])
  note(3, 'third', 12e6)
  note(4, 'fourth', 13e6)
  expect(left).toEqual(['early', 'late'])
  expect(detectors.forgotten).toBe(1)
  detectors.end(13e6)
  expect(left).toEqual(['early', 'late', 'third', 'fourth'])
})
