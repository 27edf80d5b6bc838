/**
 * DNS messages (RFC 1035 §4.1, EDNS RFC 6891): told by a header that makes sense, then read.
 *
 * Left out: authority records, classes, SVCB parameters, everything DNSSEC signs with.
 */
import { formatIpv4Word, formatIpv6Words } from '../../../../net/address.ts'
import type { DnsAnswer, DnsMessage } from '../../facts.ts'
import { byteAt, textAt, uint16At, uint32At, type Payload } from '../../payload.ts'
import { dnsRcodeName, dnsTypeName, nameAt, skipName } from './dns-names.ts'

const FLAGS = 2
const QUESTIONS = 4
const ANSWERS = 6
const AUTHORITIES = 8
const ADDITIONALS = 10
const HEADER_LENGTH = 12

const RESPONSE_BIT = 0x8000
const AUTHORITATIVE_BIT = 0x0400
const TRUNCATED_BIT = 0x0200
const OPCODE_SHIFT = 11
/** Query, inverse query, status, notify, update (IANA dns-parameters). */
const OPCODES = 0b110111
const RESERVED_BIT = 0x40
const MOST_RECORDS = 128

const OPT = 41
const DNSSEC_BIT = 0x8000
/** Type, class, time to live, length of the data: what follows a record's name. */
const RECORD_HEADER = 10
/** Answers whose data is read. */
const MOST_ANSWERS = 16
const LONGEST_TEXT = 255

/** Says whether the bytes from `skip` on read as a DNS message. */
export function looksLikeDns(payload: Payload, skip = 0): boolean {
  if (payload.payloadCaptured < skip + HEADER_LENGTH + 1) return false
  const flags = uint16At(payload, skip + FLAGS)
  if (((1 << ((flags >>> OPCODE_SHIFT) & 15)) & OPCODES) === 0) return false
  if ((flags & RESERVED_BIT) !== 0) return false
  const questions = uint16At(payload, skip + QUESTIONS)
  const answers = uint16At(payload, skip + ANSWERS)
  const authorities = uint16At(payload, skip + AUTHORITIES)
  const additionals = uint16At(payload, skip + ADDITIONALS)
  if (questions > 8 || questions + answers + authorities + additionals === 0) return false
  if (answers > MOST_RECORDS || authorities > MOST_RECORDS || additionals > MOST_RECORDS)
    return false
  return readsAsName(payload, skip + HEADER_LENGTH)
}

/** Walks the first name: labels of up to 63 bytes that end in a root or a pointer, or where capture ends. */
function readsAsName(payload: Payload, start: number): boolean {
  let at = start
  for (let labels = 0; labels < 128; labels += 1) {
    const length = byteAt(payload, at)
    if (length < 0) return payload.payloadLength > payload.payloadCaptured && labels > 0
    if (length === 0) return true
    if (length >= 0xc0) return labels > 0
    if (length > 63) return false
    at += length + 1
    if (at - start > 255) return false
  }
  return false
}

/** Says whether a message that looks like DNS is an answer. */
export function isDnsResponse(message: Payload): boolean {
  return (byteAt(message, FLAGS) & 0x80) !== 0
}

/** Returns the lower four bits of a message's response code. */
export function dnsRcode(message: Payload): number {
  return byteAt(message, FLAGS + 1) & 15
}

/** Reads a message that looks like DNS, as far as it was captured. */
export function readDnsMessage(message: Payload): DnsMessage {
  const flags = uint16At(message, FLAGS)
  const questionCount = uint16At(message, QUESTIONS)
  const answerCount = uint16At(message, ANSWERS)
  const authorityCount = uint16At(message, AUTHORITIES)
  const additionalCount = uint16At(message, ADDITIONALS)
  const hasQuestion = questionCount > 0
  let at = HEADER_LENGTH
  const query = hasQuestion ? nameAt(message, at) : null
  const type = hasQuestion ? questionType(message) : null
  for (let count = 0; count < questionCount && at > 0; count += 1) at = afterQuestion(message, at)
  const answers: DnsAnswer[] = []
  for (let count = 0; count < answerCount && at > 0; count += 1) {
    if (answers.length < MOST_ANSWERS) pushAnswer(answers, message, at)
    at = afterRecord(message, at)
  }
  for (let count = 0; count < authorityCount && at > 0; count += 1) at = afterRecord(message, at)
  const edns = findEdns(message, at, additionalCount)
  const isResponse = (flags & RESPONSE_BIT) !== 0
  const upperRcode = edns < 0 ? 0 : Math.max(0, byteAt(message, edns + 4))
  return {
    kind: 'dns',
    isResponse,
    id: uint16At(message, 0),
    query,
    type,
    opcode: (flags >>> OPCODE_SHIFT) & 15,
    rcode: isResponse ? dnsRcodeName((upperRcode << 4) | (flags & 15)) : null,
    questionCount,
    answerCount,
    authorityCount,
    additionalCount,
    answers,
    isAuthoritative: (flags & AUTHORITATIVE_BIT) !== 0,
    isTruncated: (flags & TRUNCATED_BIT) !== 0,
    ednsPayloadBytes: edns < 0 ? null : uint16At(message, edns + 2),
    wantsDnssec: edns >= 0 && (uint16At(message, edns + 6) & DNSSEC_BIT) !== 0,
    messageBytes: message.payloadLength,
  }
}

function questionType(message: Payload): string | null {
  const at = skipName(message, HEADER_LENGTH)
  const type = at < 0 ? -1 : uint16At(message, at)
  return type < 0 ? null : dnsTypeName(type)
}

function afterQuestion(message: Payload, at: number): number {
  const end = skipName(message, at)
  return end < 0 ? -1 : end + 4
}

function afterRecord(message: Payload, at: number): number {
  const fields = skipName(message, at)
  const length = fields < 0 ? -1 : uint16At(message, fields + 8)
  return length < 0 ? -1 : fields + RECORD_HEADER + length
}

/** Returns where the fields of the OPT record stand; -1 without one. */
function findEdns(message: Payload, from: number, count: number): number {
  let at = from
  for (let index = 0; index < count && at > 0; index += 1) {
    const fields = skipName(message, at)
    if (fields < 0 || uint16At(message, fields + 8) < 0) return -1
    if (uint16At(message, fields) === OPT) return fields
    at = fields + RECORD_HEADER + uint16At(message, fields + 8)
  }
  return -1
}

function pushAnswer(answers: DnsAnswer[], message: Payload, at: number): void {
  const fields = skipName(message, at)
  const length = fields < 0 ? -1 : uint16At(message, fields + 8)
  if (length < 0) return
  const type = uint16At(message, fields)
  const from = fields + RECORD_HEADER
  const value = from + length > message.payloadCaptured ? null : dataAt(message, type, from, length)
  answers.push({ type: dnsTypeName(type), ttl: uint32At(message, fields + 4), value })
}

function dataAt(message: Payload, type: number, from: number, length: number): string | null {
  switch (type) {
    case 1:
      return length === 4 ? formatIpv4Word(uint32At(message, from)) : null
    case 28:
      return length === 16 ? ipv6At(message, from) : null
    case 2:
    case 5:
    case 6:
    case 12:
    case 39:
      return nameAt(message, from)
    case 15:
      return nameAt(message, from + 2)
    case 33: {
      const target = nameAt(message, from + 6)
      return target === null ? null : `${target}:${uint16At(message, from + 4)}`
    }
    case 16:
      return textAt(message, from + 1, from + 1 + byteAt(message, from), LONGEST_TEXT)
    case 65:
    case 64:
      return nameAt(message, from + 2)
    default:
      return null
  }
}

function ipv6At(message: Payload, from: number): string {
  const word = (index: number): number => uint32At(message, from + 4 * index)
  return formatIpv6Words(word(0), word(1), word(2), word(3))
}
