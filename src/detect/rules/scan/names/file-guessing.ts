/**
 * Detects files of a TFTP server being guessed by name: one client asks for one after another that is not there.
 *
 * TFTP lists nothing and asks for no password, so whoever wants a router's configuration must know, or guess, what it
 * is called. A computer that starts from the network tries about twenty names, a telephone ten; a boot loader fetches dozens of
 * modules, which are there.
 * Source: RFC 1350 §5; Metasploit's tftpbrute, nmap's tftp-enum.
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { destinationAddress, destinationHash, sourceAddress, sourceHash } from '../../state/packet-address.ts' // prettier-ignore
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'

const TFTP = 69
const READ_REQUEST = 1
const ERROR = 5
const LONGEST_ERROR = 128
const MAX_CLIENTS = 512
const MIN_FILES = 32
/** Of the files asked for, those that are not there. */
const MIN_MISSING_SHARE = 0.8
/** Names longer than this are told apart by their beginning. */
const COMPARED = 64

interface Guesser extends Suspect {
  readonly attacker: string
  readonly victim: string
  readonly files: DistinctCount
  errors: number
}

export class FileGuessing implements Detector {
  readonly name = 'file-guessing'
  readonly watches = ['udp'] as const
  readonly memories: readonly Memory[]
  readonly #guessers: Stories<Guesser>

  constructor({ forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    this.#guessers = new Stories<Guesser>({
      ...{ detector: this.name, family: 'scan', cap: MAX_CLIENTS, emit, tell },
      forgetAfterUs: forgetAfterSeconds * 1e6,
    })
    this.memories = [this.#guessers]
  }

  packet(packet: Packet): void {
    if (packet.destinationPort === TFTP) this.#asks(packet)
    else if (this.#guessers.size > 0) this.#answers(packet)
  }

  /** The server answers from a port of its own for each file (RFC 1350 §4). */
  #answers(packet: Packet): void {
    if (packet.payloadLength > LONGEST_ERROR || opcodeOf(packet) !== ERROR) return
    const key = pairKey(destinationHash(packet), sourceHash(packet), 26)
    const guesser = this.#guessers.get(key)
    if (guesser === undefined) return
    guesser.errors += 1
    const isVain = guesser.errors >= guesser.count * MIN_MISSING_SHARE
    if (guesser.count >= MIN_FILES && isVain) this.#guessers.tell(guesser, packet.timestampUs)
  }

  #asks(packet: Packet): void {
    if (packet.kind !== PacketKind.IP || opcodeOf(packet) !== READ_REQUEST) return
    const guesser = this.#guesserOf(packet)
    guesser.lastUs = Math.max(guesser.lastUs, packet.timestampUs)
    guesser.files.add(nameHash(packet))
    guesser.count = guesser.files.value
  }

  #guesserOf(packet: Packet): Guesser {
    const key = pairKey(sourceHash(packet), destinationHash(packet), 26)
    const { timestampUs } = packet
    return (
      this.#guessers.get(key) ??
      this.#guessers.add(key, {
        ...{ attacker: sourceAddress(packet), victim: destinationAddress(packet) },
        ...{ files: new DistinctCount(), firstUs: timestampUs, lastUs: timestampUs },
        ...{ count: 0, errors: 0, story: null },
      })
    )
  }
}

/** -1 where there is none. */
function opcodeOf({ buffer, payloadOffset: at, payloadCaptured }: Packet): number {
  return payloadCaptured < 4 || buffer[at] !== 0 ? -1 : buffer[at + 1]!
}

/** Hashes what stands before the first zero. */
function nameHash({ buffer, payloadOffset, payloadCaptured }: Packet): number {
  const end = payloadOffset + Math.min(payloadCaptured, COMPARED)
  let hash = 0
  for (let at = payloadOffset + 2; at < end && buffer[at] !== 0; at += 1) {
    hash = (Math.imul(hash, 31) + buffer[at]!) | 0
  }
  return hash
}

function tell({ attacker, victim, count, firstUs, lastUs }: Guesser): Telling {
  return {
    kind: 'scan.tftp-files',
    severity: 5,
    confidence: confidenceOf(0.8, count - MIN_FILES, 64),
    attacker,
    victims: [victim],
    summary: `${attacker} asked the TFTP server ${victim} for ${counted(count, 'file')} that are mostly not there, in ${spanOf(lastUs - firstUs)}`,
    reasons: [{ feature: 'differentFiles', value: count, baseline: MIN_FILES, weight: 1 }],
    mitre: ['T1083', 'T1602.002'],
  }
}
