/**
 * Changed copies of a capture of Ethernet frames: the same traffic as other links, tunnels, taps and clocks show it.
 *
 * A detector that goes blind in one of them hangs on something beside the attack.
 */
import { openPcapFile } from '../../../src/capture/index.ts'
import { LinkType, type Frame } from '../../../src/capture/source.ts'
import { Decoder, Packet, PacketKind } from '../../../src/decode/index.ts'
import { ipv4 } from '../packets/ip-builder.ts'
import {
  ethernet,
  frameOf,
  linuxSll,
  linuxSll2,
  pppoe,
  vlan,
  type IpPayload,
  type LinkPayload,
} from '../packets/packet-builder.ts'
import { seededRandom } from '../seeded-random.ts'
import { gre, ipInIp, vxlan } from '../packets/tunnel-builder.ts'

export type Shape = (frames: readonly Frame[]) => Frame[]

const HEADER = 14
const ARP = 0x0806
const HOUR_US = 3_600_000_000

/** Reads a whole capture into frames that may be kept. */
export async function framesIn(file: string): Promise<Frame[]> {
  const frames: Frame[] = []
  await openPcapFile(file).run((frame) => {
    const { offset, capturedLength } = frame
    const buffer = Uint8Array.from(frame.buffer.subarray(offset, offset + capturedLength))
    frames.push({ ...frame, buffer, offset: 0 })
  })
  return frames
}

function payloadOf({ buffer }: Frame): LinkPayload {
  return { etherType: (buffer[12]! << 8) | buffer[13]!, bytes: buffer.subarray(HEADER) }
}

/** Puts what each frame carries into another one; ARP stays where it is, since no tunnel or serial line has it. */
function wrapped(
  wrap: (payload: LinkPayload, frame: Frame) => Uint8Array,
  { linkType = LinkType.ETHERNET, isArpToo = true }: { linkType?: number; isArpToo?: boolean } = {},
): Shape {
  return (frames) =>
    frames.flatMap((frame) => {
      const payload = payloadOf(frame)
      if (!isArpToo && payload.etherType === ARP) return []
      const bytes = wrap(payload, frame)
      const wireLength = frame.wireLength + bytes.length - frame.buffer.length
      return [frameOf(bytes, { timestampUs: frame.timestampUs, linkType, wireLength })]
    })
}

function tunnelled(enter: (payload: LinkPayload, frame: Frame) => IpPayload): Shape {
  const ends = { source: '172.30.0.1', destination: '172.30.0.2' }
  return wrapped((payload, frame) => ethernet(ipv4(ends, enter(payload, frame))), {
    isArpToo: false,
  })
}

function retimed(timeOf: (frame: Frame, index: number) => number): Shape {
  return (frames) => frames.map((frame, index) => ({ ...frame, timestampUs: timeOf(frame, index) }))
}

/** Packets that came within `mostUs` of each other stand in any order, as mirrored ports show them. */
function jittered(mostUs: number): Shape {
  return (frames) => {
    const draw = seededRandom(11)
    const late = frames.map((frame) => ({
      ...frame,
      timestampUs: frame.timestampUs + draw(mostUs),
    }))
    return late.sort((one, other) => one.timestampUs - other.timestampUs)
  }
}

/** What one direction of a tap sees: packets of the cards that `isSeen` names, and ARP. */
function oneLeg(isSeen: (from: string) => boolean): Shape {
  const decoder = new Decoder()
  const packet = new Packet()
  return (frames) =>
    frames.filter((frame) => {
      decoder.decode(frame, packet)
      return packet.kind !== PacketKind.IP || isSeen(sourceOf(frame))
    })
}

/** The sender's card, of a frame of Ethernet. */
function sourceOf({ buffer }: Frame): string {
  return Buffer.from(buffer.subarray(6, 12)).toString('hex')
}

/** The shapes by name; `card` is the one that is seen alone, or not at all: its MAC in hexadecimal digits. */
export function shapesOf(card: string): Readonly<Record<string, Shape>> {
  return {
    '802.1Q': wrapped((payload, frame) => retagged(frame, vlan(42, payload))),
    QinQ: wrapped((payload, frame) => retagged(frame, vlan(7, vlan(42, payload), 0x88a8))),
    PPPoE: wrapped((payload) => ethernet(pppoe(payload)), { isArpToo: false }),
    GRE: tunnelled((payload) => gre(payload)),
    'IP in IP': tunnelled((payload) => ipInIp(payload)),
    VXLAN: tunnelled((_, frame) => vxlan(frame.buffer)),
    'raw IP': wrapped((payload) => payload.bytes, { linkType: LinkType.RAW, isArpToo: false }),
    SLL: wrapped((payload) => linuxSll(payload), { linkType: LinkType.LINUX_SLL }),
    SLL2: wrapped((payload) => linuxSll2(payload), { linkType: LinkType.LINUX_SLL2 }),
    'a snap length of 128': (frames) =>
      frames.map((frame) => ({ ...frame, capturedLength: Math.min(128, frame.capturedLength) })),
    duplicates: (frames) =>
      frames.flatMap((frame, at) => (at % 10 === 0 ? [frame, frame] : [frame])),
    'a mirrored port': jittered(200),
    'a clock in 1970': (frames) =>
      retimed((frame) => frame.timestampUs - frames[0]!.timestampUs)(frames),
    'a clock set back': (frames) =>
      retimed(({ timestampUs }, at) => timestampUs - (at * 2 < frames.length ? 0 : HOUR_US))(
        frames,
      ),
    'one card alone': oneLeg((from) => from === card),
    'all cards but one': oneLeg((from) => from !== card),
  }
}

/** The frame with another payload between the same two cards. */
function retagged({ buffer }: Frame, payload: LinkPayload): Uint8Array {
  const mac = (at: number): string =>
    Buffer.from(buffer.subarray(at, at + 6))
      .toString('hex')
      .replace(/..(?!$)/g, '$&:')
  return ethernet(payload, { destination: mac(0), source: mac(6) })
}
