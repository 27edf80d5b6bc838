/** The crafted attack: a port scan that never was, between addresses that nobody has. */
import { LinkType, type Frame } from '../capture/source.ts'
import type { DetectConfig } from '../detect/config.ts'

/** Source: RFC 5737 (TEST-NET-2 and TEST-NET-1): no host has them, so no detection can be mistaken for one. */
export const ATTACKER = '198.51.100.66'
export const VICTIM = '192.0.2.66'

/** Times the ports that make a scan, so that no setting of a host's is just missed. */
const MARGIN = 3
const FEWEST_PORTS = 100
const MOST_PORTS = 20_000
const BETWEEN_PROBES_US = 5_000
const ATTACKER_PORT = 40_066

const ETHERNET_BYTES = 14
const IPV4_BYTES = 20
const TCP_BYTES = 20
const FRAME_BYTES = ETHERNET_BYTES + IPV4_BYTES + TCP_BYTES
const TCP = 6
const SYN = 0x02
const RST_ACK = 0x14

/** How many ports are tried, each of which refuses. */
export function scannedPorts({ minPorts, minRawPorts }: DetectConfig['portScan']): number {
  const enough = Math.max(minPorts, minRawPorts) * MARGIN
  return Math.min(MOST_PORTS, Math.max(FEWEST_PORTS, enough))
}

/**
 * Yields the frames of a vertical SYN scan that ends at `endUs`, probe and refusal in turn.
 *
 * Shape: the same object and buffer each time, as every source of frames gives them.
 * Source: RFC 9293 §3.10.7.1 (a SYN to a closed port is answered with RST, ACK).
 */
export function* scanFrames(ports: number, endUs: number): Generator<Frame> {
  const buffer = new Uint8Array(FRAME_BYTES)
  const frame: Frame = {
    timestampUs: 0,
    linkType: LinkType.ETHERNET,
    buffer,
    offset: 0,
    capturedLength: FRAME_BYTES,
    wireLength: FRAME_BYTES,
  }
  for (let port = 1; port <= ports; port += 1) {
    frame.timestampUs = endUs - (ports - port + 1) * BETWEEN_PROBES_US
    const probe = { from: ATTACKER, to: VICTIM, fromPort: ATTACKER_PORT, toPort: port }
    writeSegment(buffer, { ...probe, flags: SYN, sequence: port, acknowledgement: 0 })
    yield frame
    frame.timestampUs += BETWEEN_PROBES_US / 10
    const refusal = { from: VICTIM, to: ATTACKER, fromPort: port, toPort: ATTACKER_PORT }
    writeSegment(buffer, { ...refusal, flags: RST_ACK, sequence: 0, acknowledgement: port + 1 })
    yield frame
  }
}

interface Segment {
  readonly from: string
  readonly to: string
  readonly fromPort: number
  readonly toPort: number
  readonly flags: number
  readonly sequence: number
  readonly acknowledgement: number
}

function writeSegment(buffer: Uint8Array, segment: Segment): void {
  const view = new DataView(buffer.buffer)
  const [ip, tcp] = [ETHERNET_BYTES, ETHERNET_BYTES + IPV4_BYTES]
  buffer.fill(0)
  // Locally administered: the addresses of no network card.
  buffer.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00])
  buffer.set([0x45, 0, 0, IPV4_BYTES + TCP_BYTES, 0, 0, 0x40, 0, 64, TCP], ip)
  buffer.set(octets(segment.from), ip + 12)
  buffer.set(octets(segment.to), ip + 16)
  view.setUint16(ip + 10, onesComplement(buffer.subarray(ip, tcp), 0))
  view.setUint16(tcp, segment.fromPort)
  view.setUint16(tcp + 2, segment.toPort)
  view.setUint32(tcp + 4, segment.sequence)
  view.setUint32(tcp + 8, segment.acknowledgement)
  buffer.set([(TCP_BYTES / 4) << 4, segment.flags, 0x04, 0x00], tcp + 12)
  // The pseudo-header: both addresses, the protocol, the length.
  const pseudo = sum(buffer.subarray(ip + 12, tcp), TCP + TCP_BYTES)
  view.setUint16(tcp + 16, onesComplement(buffer.subarray(tcp), pseudo))
}

const octets = (address: string): number[] => address.split('.').map(Number)

function sum(bytes: Uint8Array, start: number): number {
  let total = start
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!
  return total
}

/** Source: RFC 1071. */
function onesComplement(bytes: Uint8Array, start: number): number {
  const total = sum(bytes, start)
  const folded = (total & 0xffff) + (total >>> 16)
  return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff
}
