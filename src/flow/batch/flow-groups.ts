/** What flows are summed by, read in place: no object is made for a flow, and a text only once for a group. */
import { formatIpv4Word, formatIpv6Words } from '../../net/address.ts'
import { APPLICATIONS, type Flow } from '../flow.ts'
import { Double, RECORD_DOUBLES, RECORD_WORDS, Word } from './batch-layout.ts'
import type { FlowBatch } from './flow-batch.ts'

export const FLOW_GROUPS = [
  'originator',
  'responder',
  'address',
  'service',
  'protocol',
  'application',
  'process',
  'time',
] as const
/** `service` is protocol and responder's port, `time` the begin of a span, µs. */
export type FlowGroup = (typeof FLOW_GROUPS)[number]

type Key = number | string

/** The keys of the groups that a flow belongs to, and the words for a key. */
interface Grouping {
  keysOf(batch: FlowBatch, index: number): readonly Key[]
  wordsFor(key: Key): string
}

/** All flows of a group. */
export interface GroupSum {
  readonly key: string
  readonly flows: number
  readonly packets: number
  readonly bytes: number
}

interface Sum {
  flows: number
  packets: number
  bytes: number
}

/**
 * Sums flows by group, of which so many are told apart and no more.
 *
 * Cost: 0.03 to 0.07 µs of CPU a flow; by address 0.17 to 0.36 µs for IPv6 (2,000 flows again and again, 2,000 groups).
 */
export class FlowTally {
  readonly #grouping: Grouping
  readonly #maxGroups: number
  readonly #sums = new Map<Key, Sum>()
  #isFull = false

  constructor(by: FlowGroup, spanUs: number, maxGroups: number) {
    this.#grouping = groupingOf(by, spanUs)
    this.#maxGroups = maxGroups
  }

  /** Whether something was left out. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Adds one flow of a batch. */
  add(batch: FlowBatch, index: number): void {
    const { words, doubles } = batch
    const word = index * RECORD_WORDS
    const double = index * RECORD_DOUBLES
    const packets =
      (words[word + Word.ORIGINATOR_PACKETS]! >>> 0) + (words[word + Word.RESPONDER_PACKETS]! >>> 0)
    const bytes =
      doubles[double + Double.ORIGINATOR_BYTES]! + doubles[double + Double.RESPONDER_BYTES]!
    for (const key of this.#grouping.keysOf(batch, index)) this.#count(key, packets, bytes)
  }

  sums(): GroupSum[] {
    return [...this.#sums].map(([key, sum]) => ({ key: this.#grouping.wordsFor(key), ...sum }))
  }

  #count(key: Key, packets: number, bytes: number): void {
    const sum = this.#sums.get(key)
    if (sum !== undefined) {
      sum.flows += 1
      sum.packets += packets
      sum.bytes += bytes
    } else if (this.#sums.size < this.#maxGroups) this.#sums.set(key, { flows: 1, packets, bytes })
    else this.#isFull = true
  }
}

function groupingOf(by: FlowGroup, spanUs: number): Grouping {
  switch (by) {
    case 'originator':
      return byAddress((batch, index) => [addressKey(batch, index, Word.ORIGINATOR)])
    case 'responder':
      return byAddress((batch, index) => [addressKey(batch, index, Word.RESPONDER)])
    case 'address':
      return byAddress((batch, index) => {
        const originator = addressKey(batch, index, Word.ORIGINATOR)
        const responder = addressKey(batch, index, Word.RESPONDER)
        return originator === responder ? [originator] : [originator, responder]
      })
    case 'service':
      return byNumber(
        (batch, index) => protocolOf(batch, index) * 65536 + responderPort(batch, index),
        (key) => `${Math.floor(key / 65536)}/${key % 65536}`,
      )
    case 'protocol':
      return byNumber(protocolOf, String)
    case 'application':
      return byNumber(
        (batch, index) => batch.words[index * RECORD_WORDS + Word.APPLICATION]!,
        (key) => APPLICATIONS[key] ?? 'unknown',
      )
    case 'process':
      return { keysOf: (batch, index) => [processText(batch, index)], wordsFor: processWords }
    case 'time':
      return byNumber((batch, index) => {
        const startUs = batch.doubles[index * RECORD_DOUBLES + Double.START_US]!
        return Math.floor(startUs / spanUs) * spanUs
      }, String)
  }
}

function byNumber(
  keyOf: (batch: FlowBatch, index: number) => number,
  wordsFor: (key: number) => string,
): Grouping {
  return {
    keysOf: (batch, index) => [keyOf(batch, index)],
    wordsFor: (key) => wordsFor(key as number),
  }
}

function byAddress(keysOf: Grouping['keysOf']): Grouping {
  return { keysOf, wordsFor: addressWords }
}

/** IPv4 by the address itself, IPv6 by its four words. */
function addressKey({ words }: FlowBatch, index: number, field: number): Key {
  const word = index * RECORD_WORDS
  const at = word + field
  const isSix = ((words[word + Word.META]! >>> 8) & 255) === 6
  return isSix
    ? `${words[at]},${words[at + 1]},${words[at + 2]},${words[at + 3]}`
    : words[at + 3]! >>> 0
}

function addressWords(key: Key): string {
  if (typeof key === 'number') return formatIpv4Word(key)
  const [a, b, c, d] = key.split(',').map(Number)
  return formatIpv6Words(a!, b!, c!, d!)
}

const protocolOf = ({ words }: FlowBatch, index: number): number =>
  words[index * RECORD_WORDS + Word.META]! & 255
const responderPort = ({ words }: FlowBatch, index: number): number =>
  words[index * RECORD_WORDS + Word.PORTS]! & 0xffff
const processText = (batch: FlowBatch, index: number): string =>
  batch.text(index * RECORD_WORDS + Word.PROCESS) ?? ''

function processWords(key: Key): string {
  try {
    const process = JSON.parse(String(key)) as Flow['process']
    return process?.command ?? process?.executable ?? process?.unit ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
