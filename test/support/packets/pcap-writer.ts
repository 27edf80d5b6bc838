/** Builds capture files for tests: classic pcap (µs, ns) and pcapng, in both byte orders. */
import { writeFileSync } from 'node:fs'

export interface CapturedPacket {
  /** µs since the epoch; a fraction holds nanoseconds where the format keeps them. */
  readonly timestampUs: number
  readonly bytes: Uint8Array
  /** Length on the wire when more than was captured; the length of `bytes` by default. */
  readonly wireLength?: number
  /** pcapng only: index of the interface in `PcapngOptions.interfaces`; 0 by default. */
  readonly interfaceIndex?: number
}

export interface PcapOptions {
  readonly bigEndian?: boolean
  readonly nanoseconds?: boolean
  readonly snapLength?: number
}

const ETHERNET = 1

/** Writes a classic pcap file (µs, little-endian unless told otherwise). */
export function writePcap(
  path: string,
  packets: readonly CapturedPacket[],
  linkType: number = ETHERNET,
  options: PcapOptions = {},
): void {
  writeFileSync(path, pcapBytes(packets, linkType, options))
}

/** Returns the bytes of a classic pcap file. */
export function pcapBytes(
  packets: readonly CapturedPacket[],
  linkType: number = ETHERNET,
  options: PcapOptions = {},
): Buffer {
  const { bigEndian = false, nanoseconds = false, snapLength = 262144 } = options
  const words = new WordWriter(bigEndian)
  words
    .u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2)
    .u16(4)
  words.u32(0).u32(0).u32(snapLength).u32(linkType)
  const unitsPerSecond = nanoseconds ? 1_000_000_000n : 1_000_000n
  for (const packet of packets) {
    const ticks = ticksOf(packet.timestampUs, nanoseconds ? 1000 : 1)
    words.u32(Number(ticks / unitsPerSecond)).u32(Number(ticks % unitsPerSecond))
    words.u32(packet.bytes.length).u32(packet.wireLength ?? packet.bytes.length)
    words.bytes(packet.bytes)
  }
  return words.finish()
}

export interface PcapngInterface {
  readonly linkType?: number
  readonly snapLength?: number
  /** if_tsresol as stored: a power of ten, or of two with the top bit set; left out (µs) by default. */
  readonly timestampResolution?: number
  /** if_tsoffset in seconds; left out by default. */
  readonly timestampOffsetSeconds?: number
}

export interface PcapngOptions {
  readonly bigEndian?: boolean
  readonly interfaces?: readonly PcapngInterface[]
  /** How packets are stored: enhanced (default), simple (no time, first interface) or the obsolete block. */
  readonly packetBlock?: 'enhanced' | 'simple' | 'obsolete'
}

/** Writes one pcapng section as a file. */
export function writePcapng(
  path: string,
  packets: readonly CapturedPacket[],
  options: PcapngOptions = {},
): void {
  writeFileSync(path, pcapngBytes(packets, options))
}

/** Returns the bytes of one pcapng section; sections may be joined with `Buffer.concat`. */
export function pcapngBytes(
  packets: readonly CapturedPacket[],
  options: PcapngOptions = {},
): Buffer {
  const { bigEndian = false, interfaces = [{}], packetBlock = 'enhanced' } = options
  const file = new WordWriter(bigEndian)
  const sectionBody = new WordWriter(bigEndian).u32(0x1a2b3c4d).u16(1).u16(0)
  appendBlock(file, 0x0a0d0d0a, sectionBody.u32(0xffffffff).u32(0xffffffff))
  for (const each of interfaces) appendBlock(file, 1, interfaceBody(each, bigEndian))
  for (const packet of packets) {
    const described = interfaces[packet.interfaceIndex ?? 0] ?? {}
    if (packetBlock === 'simple') appendBlock(file, 3, simpleBody(packet, bigEndian))
    else appendPacketBlock(file, packet, described, packetBlock, bigEndian)
  }
  return file.finish()
}

/** Returns one pcapng block of any type, to be joined to a section (same byte order). */
export function pcapngBlock(type: number, body: Uint8Array, bigEndian = false): Buffer {
  const file = new WordWriter(bigEndian)
  appendBlock(file, type, new WordWriter(bigEndian).bytes(body))
  return file.finish()
}

function interfaceBody(described: PcapngInterface, bigEndian: boolean): WordWriter {
  const body = new WordWriter(bigEndian)
  body
    .u16(described.linkType ?? ETHERNET)
    .u16(0)
    .u32(described.snapLength ?? 0)
  if (described.timestampResolution !== undefined) {
    body.u16(9).u16(1).bytes(Uint8Array.of(described.timestampResolution)).pad()
  }
  if (described.timestampOffsetSeconds !== undefined) {
    body.u16(14).u16(8).u64(BigInt(described.timestampOffsetSeconds))
  }
  return body.u16(0).u16(0)
}

function simpleBody(packet: CapturedPacket, bigEndian: boolean): WordWriter {
  const body = new WordWriter(bigEndian).u32(packet.wireLength ?? packet.bytes.length)
  return body.bytes(packet.bytes)
}

function appendPacketBlock(
  file: WordWriter,
  packet: CapturedPacket,
  described: PcapngInterface,
  kind: 'enhanced' | 'obsolete',
  bigEndian: boolean,
): void {
  const offsetUs = (described.timestampOffsetSeconds ?? 0) * 1e6
  const perUs = unitsPerSecondOf(described.timestampResolution ?? 6) / 1e6
  const ticks = ticksOf(packet.timestampUs - offsetUs, perUs)
  const body = new WordWriter(bigEndian)
  if (kind === 'enhanced') body.u32(packet.interfaceIndex ?? 0)
  else body.u16(packet.interfaceIndex ?? 0).u16(0xffff)
  body.u32(Number(ticks >> 32n)).u32(Number(ticks & 0xffffffffn))
  body.u32(packet.bytes.length).u32(packet.wireLength ?? packet.bytes.length)
  appendBlock(file, kind === 'enhanced' ? 6 : 2, body.bytes(packet.bytes))
}

function appendBlock(file: WordWriter, type: number, body: WordWriter): void {
  const content = body.pad().finish()
  const total = content.length + 12
  file.u32(type).u32(total).bytes(content).u32(total)
}

function unitsPerSecondOf(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution
}

function ticksOf(timestampUs: number, ticksPerUs: number): bigint {
  const wholeUs = Math.floor(timestampUs)
  const fraction = timestampUs - wholeUs
  if (Number.isInteger(ticksPerUs)) {
    return BigInt(wholeUs) * BigInt(ticksPerUs) + BigInt(Math.round(fraction * ticksPerUs))
  }
  return BigInt(Math.round(timestampUs * ticksPerUs))
}

/** Collects integers in one byte order. */
class WordWriter {
  readonly #bigEndian: boolean
  readonly #parts: Uint8Array[] = []
  #length = 0

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  u16(value: number): this {
    const part = Buffer.alloc(2)
    if (this.#bigEndian) part.writeUInt16BE(value)
    else part.writeUInt16LE(value)
    return this.bytes(part)
  }

  u32(value: number): this {
    const part = Buffer.alloc(4)
    if (this.#bigEndian) part.writeUInt32BE(value)
    else part.writeUInt32LE(value)
    return this.bytes(part)
  }

  u64(value: bigint): this {
    const part = Buffer.alloc(8)
    if (this.#bigEndian) part.writeBigInt64BE(value)
    else part.writeBigInt64LE(value)
    return this.bytes(part)
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(value)
    this.#length += value.length
    return this
  }

  /** Fills up to a multiple of four bytes. */
  pad(): this {
    const missing = (4 - (this.#length % 4)) % 4
    return missing === 0 ? this : this.bytes(new Uint8Array(missing))
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
