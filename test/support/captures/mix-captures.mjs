/**
 * Merges a capture into another on one timeline: its first packet falls where half of the other's have passed.
 *
 * Usage, once built: `node test/support/captures/mix-captures.mjs BENIGN ATTACK OUT.pcapng`. Addresses are kept; link
 * types may differ, since a pcapng file has an interface for each.
 * Prints `{ packets, mergedIn, startsAtUs }`.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mergeCaptures } from '../../../dist/cli/evaluation/merged-captures.js'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d

/** Writes the mix; gives how many packets it holds, how many were merged in, and when the first of them is. */
export async function mixCaptures(benign, attack, out) {
  const file = openSync(out, 'w')
  const interfaces = []
  const counts = { packets: 0, mergedIn: 0, startsAtUs: null }
  const write = (kind, body) => writeSync(file, block(kind, body))
  try {
    write(SECTION_HEADER, words(BYTE_ORDER, 1, 0xffffffff, 0xffffffff))
    await mergeCaptures(benign, attack, (frame, isMergedIn) => {
      if (!interfaces.includes(frame.linkType)) {
        interfaces.push(frame.linkType)
        write(INTERFACE_DESCRIPTION, words(frame.linkType, 0))
      }
      counts.packets += 1
      if (isMergedIn) {
        counts.mergedIn += 1
        counts.startsAtUs ??= frame.timestampUs
      }
      write(ENHANCED_PACKET, packetBody(frame, interfaces.indexOf(frame.linkType)))
    })
  } finally {
    closeSync(file)
  }
  return counts
}

function packetBody(frame, interfaceIndex) {
  const timeUs = BigInt(Math.max(0, Math.round(frame.timestampUs)))
  const high = Number(timeUs >> 32n)
  const low = Number(timeUs & 0xffffffffn)
  const { capturedLength, wireLength, offset, buffer } = frame
  const head = words(interfaceIndex, high, low, capturedLength, wireLength)
  return Buffer.concat([head, buffer.subarray(offset, offset + capturedLength)])
}

/** A block: its kind, its length before and after the body, which is filled up to whole words. */
function block(kind, body) {
  const filled = (4 - (body.length % 4)) % 4
  const length = 12 + body.length + filled
  return Buffer.concat([words(kind, length), body, Buffer.alloc(filled), words(length)])
}

function words(...values) {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32LE(value >>> 0, index * 4))
  return bytes
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [benign, attack, out] = process.argv.slice(2)
  if (out === undefined) {
    process.stderr.write(
      'usage: node test/support/captures/mix-captures.mjs BENIGN ATTACK OUT.pcapng\n',
    )
    process.exitCode = 2
  } else {
    process.stdout.write(`${JSON.stringify(await mixCaptures(benign, attack, out))}\n`)
  }
}
