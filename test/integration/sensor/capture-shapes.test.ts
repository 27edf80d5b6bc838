import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Frame } from '../../../src/capture/source.ts'
import { validateConfig } from '../../../src/config/index.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { createSensor } from '../../../src/sensor/sensor.ts'
import { framesIn, shapesOf } from '../../support/captures/capture-shapes.ts'

const DEMO = fileURLToPath(new URL('../../data/demo.pcap', import.meta.url))
const VICTIM_CARD = '96facb7f4841'
const INNOCENT = '192.0.2.20'
const ATTACKERS = ['192.0.2.66', '2001:db8::66']

const shapes = shapesOf(VICTIM_CARD)
let frames: Frame[] = []
beforeAll(async () => {
  frames = await framesIn(DEMO)
})

/** Every alert of a capture, as it stood in the end. */
function alertsIn(capture: readonly Frame[]): Detection[] {
  const config = validateConfig({}, 'defaults')
  const stories = new Map<string, Detection>()
  const sensor = createSensor({
    ...{ flow: config.flow, detect: config.detect, seed: 1, flows: null, flowsPerStory: null },
    models: { isolationForest: null, randomForest: null },
    onDetection: (detection) => stories.set(detection.id, detection),
    onModelLearned: () => undefined,
  })
  for (const frame of capture) sensor.frame(frame)
  sensor.end()
  return [...stories.values()].filter(({ severity }) => severity >= 4)
}

const ALL = [
  'bruteforce.ssh',
  'flood.syn',
  'scan.vertical.fin',
  'scan.vertical.syn',
  'scan.vertical.udp',
]
/** A host refuses FIN probes as it refuses SYNs, datagrams once a second, and forged SYNs are not its own. */
const FROM_THE_VICTIM = ['bruteforce.ssh', 'scan.vertical.syn']

describe.each(Object.keys(shapes))('the demo, seen by way of %s', (name) => {
  test('tells the same attacks of the same attackers, and accuses nobody else', () => {
    const alerts = alertsIn(shapes[name]!(frames))
    const kinds = [...new Set(alerts.map(({ kind }) => kind))].sort()
    expect(kinds).toEqual(name === 'one card alone' ? FROM_THE_VICTIM : ALL)
    const accused = alerts.map(({ attacker }) => attacker).filter((attacker) => attacker !== null)
    expect(accused.filter((attacker) => !ATTACKERS.includes(attacker))).toEqual([])
    expect(alerts.filter(({ host }) => host === INNOCENT)).toEqual([])
  })
})
