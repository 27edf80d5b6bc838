import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import type { Flow } from '../../../src/flow/flow.ts'
import { SHED_LEVELS, ShedLevel, type ShedLevelName } from '../../../src/pressure/index.ts'
import { loadShippedModels } from '../../../src/detect/models/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { createSensor, type Sensor } from '../../../src/sensor/sensor.ts'
import { conversation, handshake, type Conversation } from '../../support/messages/conversation.ts'
import { KeptFlows } from '../../support/detection/kept-flows.ts'
import { ethernet, frameOf, type LinkPayload } from '../../support/packets/packet-builder.ts'

const START_US = 1_700_000_000_000_000
const config = validateConfig({}, 'defaults')
const models = loadShippedModels(silentLog, config.detect.randomForest.model)

/** A sensor whose level a test sets, and the records it makes. */
class SheddingSensor {
  readonly #kept = new KeptFlows()
  #packets = 0
  readonly sensor: Sensor = createSensor({
    ...{ flow: config.flow, detect: config.detect, models, seed: 1 },
    ...{ flows: this.#kept, flowsPerStory: null },
    onDetection: () => undefined,
    onModelLearned: () => undefined,
  })

  shed(level: ShedLevelName): this {
    this.sensor.shed(SHED_LEVELS.indexOf(level), { mayGrow: true })
    return this
  }

  send(...packets: readonly LinkPayload[]): this {
    for (const packet of packets) {
      this.#packets += 1
      const timestampUs = START_US + this.#packets * 1000
      this.sensor.frame(frameOf(ethernet(packet), { timestampUs }))
    }
    return this
  }

  /** The records, once the capture ended. */
  end(): Flow[] {
    this.sensor.end()
    return this.#kept.flows
  }

  get skipped() {
    return this.sensor.statistics().skipped
  }
}

const request = 'GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n'
const web = (originatorPort = 40_000): Conversation => conversation({ originatorPort })

/** Handshake, request, and an answer of three packets. */
function page(talk: Conversation): LinkPayload[] {
  const opening = handshake(talk)
  const bulk = 'x'.repeat(1000)
  const answer = [0, 1, 2].map((part) =>
    talk.tcpBack('PA', { sequence: 201 + part * 1000, payload: bulk }),
  )
  return [...opening, talk.tcpOut('PA', { sequence: 101, payload: request }), ...answer]
}

describe('a sensor that sheds', () => {
  it('nothing: leaves nothing out', () => {
    const sensor = new SheddingSensor().send(...page(web()))
    const [flow] = sensor.end()
    expect(flow).toMatchObject({ application: 'http', originatorPackets: 3, responderPackets: 4 })
    expect(flow!.attackScore).not.toBeNull()
    expect(Object.values(sensor.skipped)).toEqual([0, 0, 0, 0, 0])
  })

  it('applications: reads no facts of them, and still tells them apart and scores', () => {
    const sensor = new SheddingSensor().shed('applications').send(...page(web()))
    const [flow] = sensor.end()
    expect(flow).toMatchObject({ application: 'http', facts: null })
    expect(flow!.attackScore).not.toBeNull()
    expect(sensor.skipped).toMatchObject({ payloads: 4, scores: 0 })
  })

  it('models: does not score, and still keeps every record', () => {
    const sensor = new SheddingSensor().shed('models')
    sensor.send(web(1).tcpOut('S'), web(2).tcpOut('S'))
    expect(sensor.end().map((flow) => flow.attackScore)).toEqual([null, null])
    expect(sensor.skipped).toMatchObject({ scores: 2, records: 0 })
  })

  it('records: keeps one in sixteen of the short flows, and every longer one', () => {
    const sensor = new SheddingSensor().shed('records').send(...page(web(9)))
    for (let port = 1000; port < 1160; port += 1) sensor.send(web(port).tcpOut('S'))
    const flows = sensor.end()
    expect(flows.filter((flow) => flow.originatorPort >= 1000)).toHaveLength(10)
    expect(flows.filter((flow) => flow.originatorPort === 9)).toHaveLength(1)
    expect(sensor.skipped).toMatchObject({ records: 150, details: 0 })
  })

  it('detail: counts data packets and bytes exactly all the same', () => {
    const whole = new SheddingSensor().send(...page(web())).end()[0]!
    const sensor = new SheddingSensor().shed('detail').send(...page(web()))
    const [flow] = sensor.end()
    const { originatorPackets, responderPackets, originatorBytes, responderBytes } = whole
    expect(flow).toMatchObject({
      ...{ originatorPackets, responderPackets, originatorBytes, responderBytes },
      ...{ responderPayloadBytes: 3000, endUs: whole.endUs, connState: whole.connState },
    })
    expect(sensor.skipped).toMatchObject({ details: 4, openings: 0 })
  })

  it('openings: opens no flow, and goes on with those that are there', () => {
    const sensor = new SheddingSensor()
    const [syn, synAck, ack, ...data] = page(web())
    sensor
      .send(syn!, synAck!, ack!)
      .shed('openings')
      .send(...data, ...page(web(50_000)))
    expect(sensor.end()).toMatchObject([{ originatorPort: 40_000, responderPackets: 4 }])
    expect(sensor.skipped).toMatchObject({ openings: 7 })
  })

  it('does everything again once the level falls', () => {
    const sensor = new SheddingSensor().shed('openings').send(web(1).tcpOut('S')).shed('none')
    sensor.send(...page(web(2)))
    expect(sensor.end()).toMatchObject([{ originatorPort: 2, application: 'http' }])
  })
})

it('the levels have the numbers of their names', () => {
  expect(SHED_LEVELS.map((name) => name.toUpperCase())).toEqual(Object.keys(ShedLevel))
  expect(Object.values(ShedLevel)).toEqual(SHED_LEVELS.map((_, index) => index))
})
