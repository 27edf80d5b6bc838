/**
 * Writes a large capture of made-up traffic: web, TLS, SSH, DNS and pings between many hosts, and in
 * between a port scan and a flood with spoofed sources. For measuring speed: the same seed gives the
 * same bytes, and checksums are left 0, as offload leaves them.
 *
 * Usage: `node test/support/captures/bench-capture.mjs OUT.pcap [PACKETS]`.
 */
import { fileURLToPath } from 'node:url'
import { CaptureWriter, seededRandom } from './capture-writer.mjs'

const TALKING_AT_ONCE = 2000
const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16

const random = seededRandom(7)

/** Appends one packet: addresses as 32-bit integers, `payload` bytes behind the transport header. */
function write(file, timeUs, packet) {
  const { from, to, protocol, fromPort, toPort, flags = 0, sequence = 0, payload } = packet
  const header = protocol === 6 ? 20 : 8
  const ipLength = 20 + header + payload.length
  let at = file.begin(14 + ipLength, timeUs)
  const { chunk } = file
  chunk.fill(0, at, at + 14 + 20 + header)
  chunk.writeUInt16BE(0x0800, at + 12)
  at += 14
  chunk.writeUInt8(0x45, at)
  chunk.writeUInt16BE(ipLength, at + 2)
  chunk.writeUInt8(64, at + 8)
  chunk.writeUInt8(protocol, at + 9)
  chunk.writeUInt32BE(from, at + 12)
  chunk.writeUInt32BE(to, at + 16)
  at += 20
  chunk.writeUInt16BE(fromPort, at)
  chunk.writeUInt16BE(toPort, at + 2)
  if (protocol === 6) {
    chunk.writeUInt32BE(sequence >>> 0, at + 4)
    chunk.writeUInt8(0x50, at + 12)
    chunk.writeUInt8(flags, at + 13)
  } else if (protocol === 17) {
    chunk.writeUInt16BE(8 + payload.length, at + 4)
  }
  payload.copy(chunk, at + header)
}

const filler = Buffer.from(Array.from({ length: 1448 }, () => random(256)))
const bulk = (length) => filler.subarray(0, length)
const text = (words) => Buffer.from(words, 'latin1')
const tlsHello = Buffer.concat([text('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'), bulk(500)])
const openings = [
  [80, text('GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n')],
  [443, tlsHello],
  [443, tlsHello],
  [443, tlsHello],
  [22, text('SSH-2.0-OpenSSH_9.2\r\n')],
]
const dnsQuestion = text('\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01')
const nothing = bulk(0)

/** One TCP connection, packet by packet. */
function* connection() {
  const [port, opening] = openings[random(openings.length)]
  const there = {
    ...{ from: 0x0a000100 + random(200), to: 0xc0000200 + random(5000) },
    ...{ protocol: 6, fromPort: 20000 + random(45000), toPort: port },
  }
  const back = { ...there, from: there.to, to: there.from, fromPort: port, toPort: there.fromPort }
  let sent = random(2 ** 32)
  let received = random(2 ** 32)
  yield { ...there, flags: SYN, sequence: sent++, payload: nothing }
  yield { ...back, flags: SYN | ACK, sequence: received++, payload: nothing }
  yield { ...there, flags: ACK, sequence: sent, payload: nothing }
  yield { ...there, flags: PSH | ACK, sequence: sent, payload: opening }
  sent += opening.length
  for (let left = 2 + random(24); left > 0; left -= 1) {
    const payload = bulk(200 + random(1248))
    yield { ...back, flags: ACK, sequence: received, payload }
    received += payload.length
    if (left % 2 === 0) yield { ...there, flags: ACK, sequence: sent, payload: nothing }
  }
  yield { ...back, flags: FIN | ACK, sequence: received++, payload: nothing }
  yield { ...there, flags: FIN | ACK, sequence: sent++, payload: nothing }
  yield { ...back, flags: ACK, sequence: received, payload: nothing }
}

/** A name asked for, and the answer. */
function* lookup() {
  const there = { from: 0x0a000100 + random(200), to: 0x0a000001, protocol: 17 }
  const fromPort = 20000 + random(45000)
  yield { ...there, fromPort, toPort: 53, payload: dnsQuestion }
  const answer = Buffer.concat([dnsQuestion, bulk(48)])
  yield {
    ...there,
    from: there.to,
    to: there.from,
    fromPort: 53,
    toPort: fromPort,
    payload: answer,
  }
}

/** A probe of a closed port, refused. */
function* probe() {
  const there = { from: 0xc6336407, to: 0x0a000105, protocol: 6, fromPort: 50000 }
  const toPort = 1 + random(65535)
  yield { ...there, toPort, flags: SYN, sequence: 1, payload: nothing }
  const back = { from: there.to, to: there.from, protocol: 6, fromPort: toPort, toPort: 50000 }
  yield { ...back, flags: RST | ACK, payload: nothing }
}

/** A SYN from an address that nobody has. */
function* spoofedSyn() {
  const to = { to: 0x0a000150, protocol: 6, toPort: 80 }
  const fromPort = 1024 + random(60000)
  yield { ...to, from: random(2 ** 32), fromPort, flags: SYN, sequence: 1, payload: nothing }
}

function* anything() {
  const dice = random(100)
  if (dice < 35) yield* connection()
  else if (dice < 70) yield* lookup()
  else if (dice < 80) yield* probe()
  else yield* spoofedSyn()
}

/** Writes a capture of at least `packets` packets to `path`. */
export function writeBenchCapture(path, packets = 1_200_000) {
  const file = new CaptureWriter(path)
  let timeUs = 0
  const talks = Array.from({ length: TALKING_AT_ONCE }, anything)
  while (file.packets < packets) {
    const index = random(talks.length)
    const { value, done } = talks[index].next()
    if (done) {
      talks[index] = anything()
    } else {
      timeUs += random(300)
      write(file, timeUs, value)
    }
  }
  file.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, packets] = process.argv.slice(2)
  if (path === undefined)
    throw new Error('usage: node test/support/captures/bench-capture.mjs OUT.pcap')
  writeBenchCapture(path, packets === undefined ? undefined : Number(packets))
}
