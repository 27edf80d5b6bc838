/** What a detection from a process that parses what anybody sends must look like. */
import {
  either,
  isFlag,
  listOf,
  oneOf,
  orAbsent,
  orNull,
  shaped,
  textUpTo,
  within,
  type Check,
  type Shape,
} from '../core/schema/shape.ts'
import { FAMILIES, ruleOfDetector, type Detection, DETECTORS } from '../detect/detection.ts'
import { formatAddress, parseAddress } from '../net/address.ts'

/** UTF-16 units of a name and of a sentence, at most. */
const NAME = 1_024
const SENTENCE = 16_384
/** Beyond it there is no date (ECMA-262 §21.4.1.1), µs. */
const LAST_TIME_US = 8.64e18

export const isName = textUpTo(NAME)
export const isSentence = textUpTo(SENTENCE)
export const isCount = within(0, Number.MAX_VALUE)
const isFinite = within(-Number.MAX_VALUE, Number.MAX_VALUE)
const isTimeUs = within(-LAST_TIME_US, LAST_TIME_US)
export const isBytes: Check<Uint8Array> = (value) => value instanceof Uint8Array
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const isUuid: Check<string> = (value): value is string =>
  typeof value === 'string' && UUID.test(value)
export const isKind: Check<Detection['kind']> = (value): value is Detection['kind'] =>
  typeof value === 'string' && value.length <= NAME && /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(value)

const isMac: Check<string> = (value): value is string =>
  typeof value === 'string' && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(value)
/** In the one way in which an address is written; who speaks below IP has a hardware address alone. */
const isAddress: Check<string> = (value): value is string => {
  const address = typeof value === 'string' ? parseAddress(value) : null
  return address === null ? isMac(value) : formatAddress(address) === value
}

const isDetector: Check<Detection['detector']> = (value): value is Detection['detector'] =>
  isName(value) && (ruleOfDetector(value) !== null || DETECTORS.some((name) => name === value))

export const DETECTION: Shape<Detection> = {
  id: isUuid,
  detector: isDetector,
  kind: isKind,
  family: oneOf(FAMILIES),
  severity: within(0, 10),
  confidence: within(0, 1),
  attacker: orNull(isAddress),
  victims: listOf(isAddress, 32),
  host: orNull(isAddress),
  domain: orNull(isSentence),
  firstSeenUs: isTimeUs,
  lastSeenUs: isTimeUs,
  count: isCount,
  summary: isSentence,
  reasons: listOf(
    shaped({
      feature: isName,
      value: either(isFinite, isSentence),
      baseline: orNull(either(isFinite, isSentence)),
      weight: within(0, 1),
    }),
    64,
  ),
  mitre: listOf(isName, 64),
  flows: listOf(isName, 64),
  port: orAbsent(orNull(within(0, 65_535))),
  // Only the agent knows.
  process: (value): value is undefined => value === undefined,
  evidence: orAbsent(shaped({ linkType: isCount, packets: isCount, records: isBytes })),
  selfTest: orAbsent(isName),
  isFinal: isFlag,
}
