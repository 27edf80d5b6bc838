import { describe, expect, it } from 'vitest'
import {
  SAMPLES,
  SECRET,
  TOLD_ONLY,
  type Sample,
} from '../../../support/messages/application-samples.ts'
import { conversation } from '../../../support/messages/conversation.ts'
import { bytesOf } from '../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { Talk, overTcp, overUdp, segment, tcpOpening, type Said, type Spoken } from '../../../support/messages/spoken/spoken-flow.ts' // prettier-ignore

function spoken({ transport, port }: Sample, said: readonly Said[]): Spoken {
  const options = { serverPort: port, isGuarded: true }
  return transport === 'tcp' ? overTcp(said, options) : overUdp(said, options)
}

const samples = SAMPLES.map(
  (sample) => [`${sample.application}/${sample.transport}`, sample] as const,
)
const withPayload = (sample: Sample, at: number, payload: Uint8Array): Said[] =>
  sample.said.map((one, index) => (index === at ? [one[0], payload] : one))

/** No text of a fact holds a control, a direction mark, or more than its bound. */
function expectCleanTexts(value: unknown): void {
  if (typeof value === 'string') {
    expect(value.length).toBeLessThanOrEqual(1024)
    expect(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/.test(value)).toBe(false) // prettier-ignore
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) expectCleanTexts(inner)
  }
}

describe('each application', () => {
  it.each(samples)('%s is recognised and gives facts', (_name, sample) => {
    const { flow, facts, told, statistics } = spoken(sample, sample.said)
    expect(flow.application).toBe(sample.application)
    const isStored = !TOLD_ONLY.includes(sample.application)
    expect(facts?.kind).toBe(isStored ? sample.application : undefined)
    expect(told.length).toBeGreaterThan(0)
    expect(statistics).toMatchObject({ flowsWithFacts: 0, refusedTexts: 0, lostMessages: 0 })
  })

  it.each(samples)('%s keeps no secret', (_name, sample) => {
    const { facts, told } = spoken(sample, sample.said)
    expect(JSON.stringify([facts, told])).not.toContain(SECRET)
  })

  it.each(samples)('%s gives the same facts, heard or not', (_name, sample) => {
    const options = { serverPort: sample.port, isHeard: false }
    const quiet = sample.transport === 'tcp' ? overTcp(sample.said, options) : overUdp(sample.said, options) // prettier-ignore
    expect(quiet.facts).toEqual(spoken(sample, sample.said).facts)
    expect(quiet.told).toEqual([])
  })
})

describe('whatever is cut or changed, reading neither throws nor reads past the end', () => {
  it.each(samples)('%s, each message cut at every byte', (_name, sample) => {
    for (const [at, [from, content]] of sample.said.entries()) {
      const bytes = bytesOf(content)
      for (let length = 0; length < bytes.length; length += bytes.length > 100 ? 3 : 1) {
        // Cut by the sender.
        expectCleanTexts(spoken(sample, withPayload(sample, at, bytes.subarray(0, length))).facts)
        // Cut by the capture.
        const talk = new Talk({ isGuarded: true })
        const ends = conversation({ responderPort: sample.port })
        const datagram = from === '>' ? ends.udpOut(bytes) : ends.udpBack(bytes)
        if (sample.transport === 'tcp') for (const layer of tcpOpening()) talk.fold(layer)
        const whole = sample.transport === 'tcp' ? segment(from, bytes, from === '>' ? 101 : 201) : datagram // prettier-ignore
        talk.fold(whole, bytes.length - length)
        expectCleanTexts(talk.end().facts)
      }
    }
  })

  it.each(samples)('%s, with bytes changed at random', (_name, sample) => {
    const random = seededRandom(23)
    for (let round = 0; round < 200; round += 1) {
      const said = sample.said.map(([from, content]): Said => {
        const bytes = bytesOf(content).slice()
        for (let change = 0; change < round % 5; change += 1)
          bytes[random(bytes.length)] = random(256)
        return [from, bytes]
      })
      const { facts, told } = spoken(sample, said)
      expectCleanTexts([facts, told])
    }
  })

  it('random segments on one connection, in any order', () => {
    const random = seededRandom(29)
    const pieces = SAMPLES.flatMap(({ said }) => said.map(([, content]) => bytesOf(content)))
    for (let round = 0; round < 200; round += 1) {
      const talk = new Talk({ isGuarded: true })
      for (const layer of tcpOpening()) talk.fold(layer)
      for (let count = 0; count < 12; count += 1) {
        const piece = pieces[random(pieces.length)]!
        const from = random(2) === 0 ? '>' : '<'
        talk.fold(segment(from, piece.slice(random(4), 4 + random(1400)), 90 + random(3000)))
      }
      expectCleanTexts(talk.end().facts)
    }
  })
})

describe('segments', () => {
  const streams = samples.filter(([, { transport }]) => transport === 'tcp')
  const assembled = ['tls', 'http', 'ssh']

  it.each(streams)('%s is recognised, its first message cut at any byte', (_name, sample) => {
    const [[from, content]] = sample.said as readonly [Said]
    const bytes = bytesOf(content)
    const whole = spoken(sample, [[from, bytes]])
    for (let at = 1; at < bytes.length; at += 1) {
      const cut = spoken(sample, [[from, bytes.subarray(0, at)], [from, bytes.subarray(at)]]) // prettier-ignore
      if (!assembled.includes(sample.application)) expect(cut.facts).toBeDefined()
      else expect(cut.facts, `cut at ${at}`).toEqual(whole.facts)
    }
  })

  it.each(streams)('%s sent twice is counted once', (_name, sample) => {
    const talk = new Talk()
    const sequence = { '>': 101, '<': 201 }
    for (const layer of tcpOpening({ serverPort: sample.port })) talk.fold(layer)
    for (const [from, content] of sample.said) {
      const again = segment(from, bytesOf(content), sequence[from], { serverPort: sample.port })
      talk.fold(again)
      talk.fold(again)
      sequence[from] += bytesOf(content).length
    }
    expect(talk.end().facts).toEqual(spoken(sample, sample.said).facts)
  })
})
