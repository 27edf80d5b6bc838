/**
 * Detects who searches a Modbus gateway or controller: one unit after another, one function after another, or
 * addresses that are not there.
 *
 * A control room polls a few units for the same values by the same two or three functions, year in, year out, and
 * is refused nothing. Searchers are told mostly what is not there.
 * Left out: serial Modbus within TCP; a master that is set up with wrong addresses repeats them, and is no search.
 * Source: Modbus Application Protocol 1.1b3 §7 (exception codes), Modbus Messaging on TCP/IP 1.0b §3.1.
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import {
  destinationAddress,
  destinationHash,
  sourceAddress,
  sourceHash,
} from '../../state/packet-address.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'

const PORT = 502
const HEADER_BYTES = 8
const EXCEPTION = 0x80
const MAX_PAIRS = 1024
const MAX_STORIES = 128
/** So many units or functions asked in vain, or addresses, are no mistake of a master's. */
const MIN_UNITS = 16
const MIN_FUNCTIONS = 12
const MIN_ADDRESSES = 40
const MOST_KEPT = 256

interface Searcher extends Suspect {
  readonly attacker: string
  readonly victim: string
  /** Units, functions, and unit and address together, that were refused or are not there. */
  readonly units: Set<number>
  readonly functions: Set<number>
  readonly addresses: Set<number>
  /** What was asked last: its transaction and address. */
  asked: number
  address: number
  answers: number
  refused: number
}

export class ControllerSearch implements Detector {
  readonly name = 'controller-search'
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #pairs: FadingTable<Searcher>
  readonly #stories: Stories<Searcher>

  constructor({ forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    const forgetAfterUs = forgetAfterSeconds * 1e6
    this.#pairs = new FadingTable(MAX_PAIRS, forgetAfterUs)
    this.#stories = new Stories<Searcher>({
      detector: this.name,
      family: 'scan',
      cap: MAX_STORIES,
      forgetAfterUs,
      emit,
      tell,
    })
    this.memories = [this.#stories, this.#pairs]
  }

  /** Cost: two comparisons, but on Modbus's port. */
  packet(packet: Packet): void {
    if (packet.destinationPort === PORT) this.#asks(packet)
    else if (packet.sourcePort === PORT) this.#answers(packet)
  }

  #asks(packet: Packet): void {
    if (!isModbus(packet)) return
    const key = pairKey(sourceHash(packet), destinationHash(packet), PORT)
    let pair = this.#stories.get(key) ?? this.#pairs.get(key)
    if (pair === undefined) {
      pair = searcherOf(packet)
      this.#pairs.set(key, pair)
    }
    pair.lastUs = Math.max(pair.lastUs, packet.timestampUs)
    pair.asked = uint16(packet, 0)
    pair.address = uint16(packet, HEADER_BYTES)
  }

  #answers(packet: Packet): void {
    if (!isModbus(packet)) return
    const key = pairKey(destinationHash(packet), sourceHash(packet), PORT)
    const story = this.#stories.get(key)
    const pair = story ?? this.#pairs.get(key)
    if (pair === undefined || pair.asked !== uint16(packet, 0)) return
    pair.answers += 1
    const code = byte(packet, 7)
    if ((code & EXCEPTION) === 0) return
    note(pair, byte(packet, 6), code & 0x7f)
    if (!isSearch(pair)) return
    if (story === undefined) this.#stories.add(key, pair)
    pair.lastUs = Math.max(pair.lastUs, packet.timestampUs)
    this.#stories.tell(pair, packet.timestampUs)
  }
}

function searcherOf(packet: Packet): Searcher {
  return {
    ...{ attacker: sourceAddress(packet), victim: destinationAddress(packet) },
    ...{ firstUs: packet.timestampUs, lastUs: packet.timestampUs, count: 0, story: null },
    ...{ units: new Set(), functions: new Set(), addresses: new Set() },
    ...{ asked: -1, address: -1, answers: 0, refused: 0 },
  }
}

function note(pair: Searcher, unit: number, code: number): void {
  pair.refused += 1
  pair.count += 1
  if (pair.units.size < MOST_KEPT) pair.units.add(unit)
  if (pair.functions.size < MOST_KEPT) pair.functions.add(code)
  if (pair.addresses.size < MOST_KEPT) pair.addresses.add(unit * 65_536 + pair.address)
}

function isSearch({ units, functions, addresses, refused, answers }: Searcher): boolean {
  if (refused < answers / 2) return false
  const isWide = units.size >= MIN_UNITS || functions.size >= MIN_FUNCTIONS
  return isWide || addresses.size >= MIN_ADDRESSES
}

/** The header of Modbus over TCP: protocol 0, and a length that the segment agrees with. */
function isModbus(packet: Packet): boolean {
  if (packet.kind !== PacketKind.IP || packet.protocol !== IpProtocol.TCP) return false
  if (packet.payloadCaptured < HEADER_BYTES || uint16(packet, 2) !== 0) return false
  const length = uint16(packet, 4)
  return length >= 2 && length <= 254 && length + 6 <= packet.payloadLength
}

const byte = (packet: Packet, at: number): number =>
  at < packet.payloadCaptured ? packet.buffer[packet.payloadOffset + at]! : 0

const uint16 = (packet: Packet, at: number): number => byte(packet, at) * 256 + byte(packet, at + 1)

function tell(searcher: Searcher): Telling {
  const { attacker, victim, units, functions, addresses, refused, count, firstUs, lastUs } =
    searcher
  return {
    kind: 'scan.controller',
    severity: 5,
    confidence: confidenceOf(0.75, count - MIN_UNITS, 40),
    attacker,
    victims: [victim],
    summary: `${attacker} searches the controller ${victim} (Modbus): ${counted(refused, 'question')} refused, of ${counted(units.size, 'unit')}, by ${counted(functions.size, 'function')}, for ${counted(addresses.size, 'address', 'addresses')} in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'refusedUnits', value: units.size, baseline: MIN_UNITS, weight: 0.4 },
      { feature: 'refusedFunctions', value: functions.size, baseline: MIN_FUNCTIONS, weight: 0.3 },
      { feature: 'refusedAddresses', value: addresses.size, baseline: MIN_ADDRESSES, weight: 0.3 },
    ],
    mitre: ['T0846', 'T0888'],
  }
}
