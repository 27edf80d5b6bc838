/**
 * Writes a SYN flood as its victim sees it: every packet from another spoofed address, so that each one
 * is a new flow that nobody ever continues. For measuring speed and memory: the same count gives the
 * same bytes; checksums are right, since some programs skip what is damaged.
 *
 * Usage: `node test/support/captures/flood-capture.mjs OUT.pcap [SYNS]`.
 */
import { fileURLToPath } from 'node:url'
import { CaptureWriter, seededRandom } from './capture-writer.mjs'

const VICTIM = 0xc000020a
const VICTIM_PORT = 80
/** The shortest frame that Ethernet sends: a SYN without options and six bytes of padding. */
const FRAME_BYTES = 60
const IP = 14
const TCP = 34
/** Odd, so that multiplying by it mod 2^32 gives no address twice. */
const SCATTER = 0x9e3779b1
/** 200,000 a second on average. */
const LARGEST_GAP_US = 11

/** Writes a flood of `syns` packets to `path`. */
export function writeFloodCapture(path, syns = 1_000_000) {
  const random = seededRandom(11)
  const file = new CaptureWriter(path)
  let timeUs = 0
  for (let draw = 1; file.packets < syns; draw += 1) {
    const from = Math.imul(draw, SCATTER) >>> 0
    if (!isPublic(from)) continue
    timeUs += random(LARGEST_GAP_US)
    writeSyn(file.chunk, file.begin(FRAME_BYTES, timeUs), from, random)
  }
  file.close()
}

/** Leaves out what a router would not let pass: private, loopback, multicast and above. */
function isPublic(address) {
  const first = address >>> 24
  return first > 0 && first !== 10 && first !== 127 && first < 224
}

function writeSyn(chunk, at, from, random) {
  chunk.fill(0, at, at + FRAME_BYTES)
  chunk.write('020000000001020000000002' + '0800', at, 'hex')
  chunk.writeUInt16BE(0x4500, at + IP)
  chunk.writeUInt16BE(40, at + IP + 2)
  chunk.writeUInt16BE(random(65536), at + IP + 4)
  chunk.writeUInt8(40 + random(24), at + IP + 8)
  chunk.writeUInt8(6, at + IP + 9)
  chunk.writeUInt32BE(from, at + IP + 12)
  chunk.writeUInt32BE(VICTIM, at + IP + 16)
  chunk.writeUInt16BE(checksum(chunk, at + IP, 20, 0), at + IP + 10)
  chunk.writeUInt16BE(1024 + random(64512), at + TCP)
  chunk.writeUInt16BE(VICTIM_PORT, at + TCP + 2)
  chunk.writeUInt32BE(random(2 ** 32), at + TCP + 4)
  chunk.writeUInt16BE(0x5002, at + TCP + 12)
  chunk.writeUInt16BE(512, at + TCP + 14)
  // The pseudo-header of RFC 9293 §3.1: both addresses lie right before the segment.
  chunk.writeUInt16BE(checksum(chunk, at + TCP - 8, 28, 6 + 20), at + TCP + 16)
}

/** The Internet checksum (RFC 1071) of an even number of bytes, and of a number added to them. */
function checksum(bytes, at, length, added) {
  let sum = added
  for (let end = at + length; at < end; at += 2) sum += bytes.readUInt16BE(at)
  sum = (sum & 0xffff) + (sum >>> 16)
  return ~(sum + (sum >>> 16)) & 0xffff
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, syns] = process.argv.slice(2)
  if (path === undefined)
    throw new Error('usage: node test/support/captures/flood-capture.mjs OUT.pcap')
  writeFloodCapture(path, syns === undefined ? undefined : Number(syns))
}
