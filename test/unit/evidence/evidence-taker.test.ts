import { describe, expect, test } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { EvidenceTaker, pcapFile } from '../../../src/evidence/index.ts'
import type { EvidenceConfig } from '../../../src/evidence/config.ts'
import { ipv4, ipv6 } from '../../support/packets/ip-builder.ts'
import { detection } from '../../support/detection/detections.ts'
import { ethernet, frameOf, udp } from '../../support/packets/packet-builder.ts'
import { pcapBytes } from '../../support/packets/pcap-writer.ts'

const START_US = 1_700_000_000_000_000
const ATTACKER = '192.0.2.7'
const VICTIM = '10.0.0.5'

/** A taker and the frames it is shown. */
class Watched {
  readonly taker: EvidenceTaker
  nowUs = START_US
  readonly #decoder = new Decoder()
  readonly #packet = new Packet()

  constructor(changes: Partial<EvidenceConfig> = {}) {
    this.taker = new EvidenceTaker({ ...validateConfig({}, 'defaults').evidence, ...changes })
  }

  frame(bytes: Uint8Array): void {
    const frame = frameOf(bytes, { timestampUs: this.nowUs })
    this.#decoder.decode(frame, this.#packet)
    this.taker.frame(frame, this.#packet)
    this.nowUs += 1000
  }

  send(source: string, destination: string, payload = 'hello'): Uint8Array {
    const wrap = source.includes(':') ? ipv6 : ipv4
    const bytes = ethernet(wrap({ source, destination }, udp({ payload })))
    this.frame(bytes)
    return bytes
  }

  tell(changes: Partial<Detection> = {}) {
    const told = detection({
      id: 'a telling',
      severity: 6,
      attacker: ATTACKER,
      victims: [VICTIM],
      firstSeenUs: START_US,
      lastSeenUs: this.nowUs,
      isFinal: false,
      ...changes,
    })
    return this.taker.withEvidence(told).evidence
  }
}

describe('the packets of an event', () => {
  test('are those between its parties, both ways, as a pcap that anybody reads', () => {
    const watched = new Watched()
    watched.send('198.51.100.1', VICTIM)
    const there = watched.send(ATTACKER, VICTIM)
    watched.send(ATTACKER, '10.0.0.99')
    const back = watched.send(VICTIM, ATTACKER)
    const evidence = watched.tell()!
    expect(evidence.packets).toBe(2)
    expect(Buffer.from(pcapFile(evidence.linkType, evidence.records))).toEqual(
      pcapBytes(
        [
          { timestampUs: START_US + 1000, bytes: there },
          { timestampUs: START_US + 3000, bytes: back },
        ],
        1,
        { snapLength: 65_535 },
      ),
    )
  })

  test('of a forged flood are those of its victim', () => {
    const watched = new Watched()
    for (let host = 1; host < 20; host += 1) watched.send(`203.0.113.${host}`, VICTIM)
    watched.send('203.0.113.1', '10.0.0.6')
    expect(watched.tell({ attacker: null })?.packets).toBe(19)
  })

  test('are found by IPv6 addresses too', () => {
    const watched = new Watched()
    watched.send('2001:db8::7', '2001:db8::5')
    watched.send('2001:db8::8', '2001:db8::5')
    const told = watched.tell({ attacker: '2001:db8::7', victims: ['2001:db8::5'] })
    expect(told?.packets).toBe(1)
  })

  test('are its first ones, and what came after as it is told again, up to the bound', () => {
    const watched = new Watched({ maxPacketsPerEvent: 8 })
    for (let count = 0; count < 20; count += 1) watched.send(ATTACKER, VICTIM)
    expect(watched.tell()?.packets).toBe(6)
    watched.send(ATTACKER, VICTIM)
    expect(watched.tell({ isFinal: true })?.packets).toBe(2)
  })

  test('are not told twice, and not at all where nothing new came', () => {
    const watched = new Watched()
    watched.send(ATTACKER, VICTIM)
    expect(watched.tell()?.packets).toBe(1)
    expect(watched.tell()).toBeUndefined()
    watched.send(ATTACKER, VICTIM)
    expect(watched.tell()?.packets).toBe(1)
  })

  test('are cut to the bytes that may be kept, and say how long they were', () => {
    const watched = new Watched({ snapBytes: 64 })
    const sent = watched.send(ATTACKER, VICTIM, 'x'.repeat(500))
    const { records } = watched.tell()!
    const header = new DataView(records.buffer, records.byteOffset)
    expect([header.getUint32(8, true), header.getUint32(12, true)]).toEqual([64, sent.length])
    expect(records).toHaveLength(16 + 64)
  })

  test('are gone when a flood has overwritten them, and nothing grows', () => {
    const watched = new Watched({ maxMemoryMegabytes: 1 })
    watched.send(ATTACKER, VICTIM)
    const noise = ethernet(ipv4({ source: '198.51.100.1', destination: VICTIM }, udp()))
    for (let count = 0; count < 4000; count += 1) watched.frame(noise)
    expect(watched.tell()).toBeUndefined()
  })

  test('from before the story began are not its own', () => {
    const watched = new Watched()
    watched.send(ATTACKER, VICTIM)
    watched.nowUs += 60_000_000
    watched.send(ATTACKER, VICTIM)
    expect(watched.tell({ firstSeenUs: watched.nowUs - 1000 })?.packets).toBe(1)
  })

  test('are not kept for what is only noted', () => {
    const watched = new Watched()
    watched.send(ATTACKER, VICTIM)
    expect(watched.tell({ severity: 3 })).toBeUndefined()
  })
})
