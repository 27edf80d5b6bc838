/**
 * The pieces of one fragmented packet, in its entry of the fragment table: where each begins and ends, and a
 * hash of its bytes, by which a copy is told from a forgery.
 */
import { takeSeeds } from '../../core/hash-seeds.ts'
import type { Packet } from '../packet.ts'

/** Words of an entry, before its pieces. */
export const Entry = {
  SOURCE0: 0,
  SOURCE1: 1,
  SOURCE2: 2,
  SOURCE3: 3,
  DESTINATION0: 4,
  DESTINATION1: 5,
  DESTINATION2: 6,
  DESTINATION3: 7,
  IDENTIFICATION: 8,
  META: 9,
  HAS_PORTS: 10,
  PORTS: 11,
  ICMP_IDENTIFIER: 12,
  PROTOCOL: 13,
  /** Bytes of the whole packet; 0 until its last piece has come. */
  TOTAL: 14,
  /** Bytes that have come. */
  GATHERED: 15,
  PIECES: 16,
  HAS_ORIGIN: 17,
  /** As of `fragmentOrigin`. */
  ORIGIN: 18,
} as const
export const FIRST_PIECE = 19

/** A packet of 64 KiB has 54 pieces where the path is as narrow as IPv6 allows. */
const MOST_PIECES = 64
const START = 0
const END = 1
const HASH = 2
const PIECE_WORDS = 3
export const ENTRY_WORDS = FIRST_PIECE + MOST_PIECES * PIECE_WORDS

/** Stands for the hash of bytes that were not captured whole, which equals any other. */
const UNKNOWN = 0
let hashStart = 0
takeSeeds((draw) => (hashStart = draw()))

/** Says whether a fragment covers bytes of another one and is not its copy. */
export function quarrels(words: Int32Array, at: number, packet: Packet): boolean {
  const start = packet.fragmentOffset
  const end = start + packet.fragmentLength
  const last = pieceAt(at, words[at + Entry.PIECES]!)
  for (let piece = at + FIRST_PIECE; piece < last; piece += PIECE_WORDS) {
    const otherStart = words[piece + START]!
    const otherEnd = words[piece + END]!
    if (start >= otherEnd || otherStart >= end) continue
    if (start !== otherStart || end !== otherEnd) return true
    return !isCopy(words[piece + HASH]!, hashOf(packet))
  }
  return false
}

/** Adds a fragment that quarrels with none; a copy adds nothing. More than 64 are summed up, not kept. */
export function gatherPiece(words: Int32Array, at: number, packet: Packet): void {
  const start = packet.fragmentOffset
  const end = start + packet.fragmentLength
  if (!packet.hasMoreFragments) words[at + Entry.TOTAL] = end
  const pieces = words[at + Entry.PIECES]!
  const last = pieceAt(at, pieces)
  for (let piece = at + FIRST_PIECE; piece < last; piece += PIECE_WORDS) {
    if (words[piece + START] === start && words[piece + END] === end) return
  }
  words[at + Entry.GATHERED]! += packet.fragmentLength
  if (pieces === MOST_PIECES) return
  words[last + START] = start
  words[last + END] = end
  words[last + HASH] = hashOf(packet)
  words[at + Entry.PIECES] = pieces + 1
}

/** Says whether every byte has come: the receiver has taken the packet, and what comes now is another. */
export function isWhole(words: Int32Array, at: number): boolean {
  const total = words[at + Entry.TOTAL]!
  return total > 0 && words[at + Entry.GATHERED]! >= total
}

function pieceAt(at: number, piece: number): number {
  return at + FIRST_PIECE + piece * PIECE_WORDS
}

function isCopy(one: number, other: number): boolean {
  return one === other || one === UNKNOWN || other === UNKNOWN
}

/** FNV-1a (Fowler, Noll, Vo), from a start that no forger knows. */
function hashOf(packet: Packet): number {
  if (packet.fragmentCaptured < packet.fragmentLength) return UNKNOWN
  const { buffer, fragmentAt } = packet
  const end = fragmentAt + packet.fragmentCaptured
  let hash = hashStart
  for (let at = fragmentAt; at < end; at += 1) hash = Math.imul(hash ^ buffer[at]!, 0x01000193)
  return hash === UNKNOWN ? 1 : hash
}
