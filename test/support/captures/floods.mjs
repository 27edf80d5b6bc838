/**
 * Floods, frame by frame, with honest conversations going on before, during and after: the same seed gives
 * the same bytes. One frame object and one buffer are used again and again, as capture does.
 *
 * Usage, to have one as a capture: `node test/support/captures/floods.mjs KIND FRAMES OUT.pcap`.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const START_US = 1_700_000_000_000_000
const ETHERNET = 1
const IP_AT = 14
const TRANSPORT_AT = 34
const FIN = 1
const SYN = 2
const PSH = 8
const ACK = 16
/** 10.0.0.80, the host under attack. */
export const VICTIM = 0x0a000050
/** Microseconds between two frames of a flood: 200,000 a second. */
const FLOOD_STEP_US = 5
/** Honest hosts, each in one conversation. */
const CONVERSATIONS = 200
/** Frames of a flood between two frames of honest hosts. */
const FLOOD_FRAMES_EACH = 500

/** Numbers from 0 up to, and without, `bound`; the same in every run (splitmix32). */
function seededRandom(seed) {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
  }
}

/** Writes IPv4 frames into one buffer; checksums stay 0, as offload leaves them. */
class FrameWriter {
  #bytes = Buffer.alloc(2048)
  frame = {
    timestampUs: START_US,
    linkType: ETHERNET,
    buffer: this.#bytes,
    offset: 0,
    capturedLength: 0,
    wireLength: 0,
  }

  constructor() {
    this.#bytes.writeUInt16BE(0x0800, 12)
    this.#bytes[IP_AT] = 0x45
    this.#bytes[IP_AT + 8] = 64
  }

  /** `payload` is how many bytes follow the transport header; `write` may fill them. */
  ip({ from, to, protocol, length, identification = 0, fragment = 0 }) {
    const bytes = this.#bytes
    bytes.writeUInt16BE(length, IP_AT + 2)
    bytes.writeUInt16BE(identification, IP_AT + 4)
    bytes.writeUInt16BE(fragment, IP_AT + 6)
    bytes[IP_AT + 9] = protocol
    bytes.writeUInt32BE(from >>> 0, IP_AT + 12)
    bytes.writeUInt32BE(to >>> 0, IP_AT + 16)
    this.frame.capturedLength = this.frame.wireLength = IP_AT + length
    return this.frame
  }

  tcp({ from, to, fromPort, toPort, flags, sequence = 1, acknowledgement = 0, payload = 0 }) {
    const bytes = this.#bytes
    bytes.writeUInt16BE(fromPort, TRANSPORT_AT)
    bytes.writeUInt16BE(toPort, TRANSPORT_AT + 2)
    bytes.writeUInt32BE(sequence >>> 0, TRANSPORT_AT + 4)
    bytes.writeUInt32BE(acknowledgement >>> 0, TRANSPORT_AT + 8)
    bytes.writeUInt16BE(0x5000 | flags, TRANSPORT_AT + 12)
    bytes.writeUInt16BE(64240, TRANSPORT_AT + 14)
    bytes.fill(0x61, TRANSPORT_AT + 20, TRANSPORT_AT + 20 + payload)
    return this.ip({ from, to, protocol: 6, length: 40 + payload })
  }

  udp({ from, to, fromPort, toPort, payload }) {
    const bytes = this.#bytes
    bytes.writeUInt16BE(fromPort, TRANSPORT_AT)
    bytes.writeUInt16BE(toPort, TRANSPORT_AT + 2)
    bytes.writeUInt16BE(8 + payload.length, TRANSPORT_AT + 4)
    payload.copy(bytes, TRANSPORT_AT + 8)
    return this.ip({ from, to, protocol: 17, length: 28 + payload.length })
  }
}

/** What each flood sends: a function of a writer and a source of chance that makes the next frame. */
export const floods = {
  /** Every SYN from an address that nobody has, and of a flow of its own. */
  syn(writer, random) {
    let sent = 0
    return () => {
      sent += 1
      // A number times an odd one, modulo 2^32, never repeats: no two sources are the same.
      const from = (Math.imul(sent, 0x9e3779b1) ^ 0x5a5a5a5a) >>> 0
      const fromPort = 1024 + random(60000)
      return writer.tcp({ from, to: VICTIM, fromPort, toPort: 80, flags: SYN, sequence: sent })
    }
  },
  /** Fragments of packets that were never whole: random ids and offsets, overlapping, of any protocol. */
  fragments(writer, random) {
    const protocols = [1, 6, 17, 17]
    return () => {
      writer.frame.buffer.writeUInt32BE(random(2 ** 32), TRANSPORT_AT)
      writer.frame.buffer.writeUInt32BE(random(2 ** 32), TRANSPORT_AT + 4)
      return writer.ip({
        from: random(2 ** 32),
        to: VICTIM,
        protocol: protocols[random(4)],
        length: 20 + 8 * (1 + random(180)),
        identification: random(65536),
        // Offsets up to the very end; now and then a first fragment; more to come, mostly.
        fragment: (random(8) === 0 ? 0 : random(8192)) | (random(8) === 0 ? 0 : 0x2000),
      })
    }
  },
  /** Questions for names that do not exist, each another, from many hosts. */
  dns(writer, random) {
    const question = Buffer.from('\0\0\x01\0\0\x01\0\0\0\0\0\0\x0c????????????\x07example\x03org\0\0\x01\0\x01', 'latin1') // prettier-ignore
    return () => {
      question.writeUInt16BE(random(65536), 0)
      for (let at = 13; at < 25; at += 1) question[at] = 97 + random(26)
      const from = 0xc6120000 + random(65536)
      const fromPort = 1024 + random(60000)
      return writer.udp({ from, to: VICTIM, fromPort, toPort: 53, payload: question })
    }
  },
  /** The smallest packets there are, to any port: empty datagrams and lone ACKs. */
  tiny(writer, random) {
    const payloads = [0, 1, 8, 18].map((length) => Buffer.alloc(length))
    return () => {
      const ends = { from: random(2 ** 32), to: VICTIM, fromPort: 1 + random(65535) }
      const toPort = 1 + random(65535)
      if (random(2) === 0) return writer.udp({ ...ends, toPort, payload: payloads[random(4)] })
      return writer.tcp({ ...ends, toPort, flags: ACK, sequence: random(2 ** 32) })
    }
  },
}

/** Says whether a flow is one of the honest hosts' conversations. */
export const isHonest = (flow) =>
  flow.originator.startsWith('192.0.2.') && flow.responderPort === 443

/** One honest host's conversation with the victim, packet by packet, until it is told to end. */
function* conversation(number, isOver) {
  const there = { from: 0xc0000201 + number, to: VICTIM, fromPort: 30000 + number, toPort: 443 }
  const back = { from: there.to, to: there.from, fromPort: 443, toPort: there.fromPort }
  let sent = 1000
  let received = 5000
  yield { ...there, flags: SYN, sequence: sent++ }
  yield { ...back, flags: SYN | ACK, sequence: received++, acknowledgement: sent }
  yield { ...there, flags: ACK, sequence: sent, acknowledgement: received }
  do {
    yield { ...there, flags: PSH | ACK, sequence: sent, acknowledgement: received, payload: 120 }
    sent += 120
    yield { ...back, flags: PSH | ACK, sequence: received, acknowledgement: sent, payload: 900 }
    received += 900
  } while (!isOver())
  yield { ...there, flags: FIN | ACK, sequence: sent++, acknowledgement: received }
  yield { ...back, flags: FIN | ACK, sequence: received++, acknowledgement: sent }
  yield { ...there, flags: ACK, sequence: sent, acknowledgement: received }
}

/**
 * Sends a flood of `count` frames, with conversations that were there before it and end after it.
 *
 * Shape: calls `onFrame` for each frame; gives how many packets each conversation had, by originator's port.
 */
export function sendFlood(kind, count, onFrame) {
  const writer = new FrameWriter()
  const nextOfFlood = floods[kind](writer, seededRandom(11))
  const packets = new Map()
  let isOver = false
  const talks = Array.from({ length: CONVERSATIONS }, (_, number) =>
    conversation(number, () => isOver),
  )
  const speak = (number) => {
    const { value, done } = talks[number].next()
    if (done) return false
    writer.frame.timestampUs += FLOOD_STEP_US
    onFrame(writer.tcp(value))
    packets.set(30000 + number, (packets.get(30000 + number) ?? 0) + 1)
    return true
  }
  for (let turn = 0; turn < 6; turn += 1) talks.forEach((_, number) => speak(number))
  for (let sent = 0; sent < count; sent += 1) {
    writer.frame.timestampUs += FLOOD_STEP_US
    onFrame(nextOfFlood())
    if (sent % FLOOD_FRAMES_EACH === 0) speak((sent / FLOOD_FRAMES_EACH) % CONVERSATIONS)
  }
  isOver = true
  writer.frame.timestampUs += 1_000_000
  talks.forEach((_, number) => {
    while (speak(number));
  })
  return packets
}

/** Writes a flood to a pcap file. */
function writeFlood(kind, count, path) {
  const file = openSync(path, 'w')
  const chunk = Buffer.alloc(1 << 20)
  const head = [0xa1b2c3d4, (4 << 16) | 2, 0, 0, 65535, ETHERNET]
  let used = head.length * 4
  head.forEach((word, index) => chunk.writeUInt32LE(word >>> 0, index * 4))
  const flush = () => {
    writeSync(file, chunk, 0, used)
    used = 0
  }
  sendFlood(kind, count, ({ timestampUs, buffer, capturedLength }) => {
    if (used + 16 + capturedLength > chunk.length) flush()
    const times = [Math.floor(timestampUs / 1e6), timestampUs % 1e6]
    const words = [...times, capturedLength, capturedLength]
    words.forEach((word, index) => chunk.writeUInt32LE(word, used + index * 4))
    buffer.copy(chunk, used + 16, 0, capturedLength)
    used += 16 + capturedLength
  })
  flush()
  closeSync(file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, count, path] = process.argv.slice(2)
  writeFlood(kind, Number(count), path)
}
