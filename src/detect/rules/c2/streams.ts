/**
 * Watches conversations in protocols that nobody knows: the marks of known remote-control programs, and what
 * unknown ones have in common.
 */
import type { LiveFlow, StreamBeat, UnknownStream } from '../../../flow/flow.ts'
import type { Detector, Heard } from '../../detector.ts'
import { isFromOutside, Reach, reachOf, sawHandshake } from './direction.ts'
import type { FarNames } from './names/far-names.ts'
import type { Sign } from './suspicion/sign.ts'
import { ircSigns } from './signs/irc.ts'
import { isOddPort, isRhythmicPort, oddPort } from './signs/ports.ts'
import { bytesOf, markOf, type Mark } from './signs/rat-marks.ts'
import type { C2Suspects } from './suspicion/suspects.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import { spanOf } from '../state/wording.ts'

const MAX_TALKERS = 4096
const FORGET_AFTER_US = 3_600_000_000
/** Whoever speaks unknown protocols with more far ends than this is a peer among peers, or a messenger. */
const MOST_FAR_ENDS = 3
/** Beats before they count, and the time they must last. */
const MIN_BEATS = 8
const MIN_BEAT_SPAN_US = 20_000_000
/** A program that must be seen at work asks more often than any that merely keeps its connection open. */
const LONGEST_BEAT_US = 60_000_000
const MOST_BEAT_BYTES = 64
const MIN_STEADY_SHARE = 0.7
/** So many beats, and hardly anything beside them, are all that the connection is for. */
const MANY_BEATS = 16
const ONLY_BEATS = 0.8
/** Where the web is spoken: whoever speaks anything else in the clear there hides. */
const WEB_PORTS: readonly number[] = [80, 443]

/** Where TLS is expected. */
const TLS_PORTS: readonly number[] = [443, 8443]

interface Talker extends Row {
  /** Far ends and ports spoken with. */
  readonly farEnds: Set<number>
}

const HEARS = ['unknown-stream'] as const

export class Streams implements Detector {
  readonly name = 'c2-streams'
  readonly hears = HEARS
  readonly #suspects: C2Suspects
  readonly #names: FarNames
  readonly #talkers = new FadingTable<Talker>(MAX_TALKERS, FORGET_AFTER_US)
  readonly memories = [this.#talkers]

  constructor(suspects: C2Suspects, names: FarNames) {
    this.#suspects = suspects
    this.#names = names
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    const mark = markOf(fact)
    if (!sawHandshake(flow)) {
      if (mark !== null && mark.weight >= 1) this.#accuseUnopened(flow, mark)
      return
    }
    if (reachOf(flow) === Reach.NONE) return
    const farEnds = this.#farEndsOf(flow)
    const irc = ircSigns(bytesOf(fact.originator), bytesOf(fact.responder), flow.responderPort)
    const signs: Sign[] = [...irc]
    if (mark !== null) {
      if (isOddPort(flow.responderPort)) signs.push(oddPort(flow.responderPort, 'rat'))
      signs.push(markSign(mark))
    }
    if (farEnds <= MOST_FAR_ENDS && irc.length === 0) {
      signs.push(...shapeSigns(flow, fact), ...falseTlsSigns(flow, fact))
      if (isNothingButBeat(fact) && this.#names.isUnasked(flow)) signs.push(NAMELESS_BEAT)
    }
    if (signs.length === 0) return
    const domain = this.#names.nameOf(flow.responderKey)
    this.#suspects.accuse(
      flow,
      [...signs, ...this.#names.placeSigns(domain, 'odd-session')],
      domain,
    )
  }

  /** The capture began in mid-stream: a mark is one all the same, and who is outside commands. */
  #accuseUnopened(flow: LiveFlow, mark: Mark): void {
    if (reachOf(flow) !== Reach.NONE) this.#suspects.accuse(flow, [markSign(mark)], null)
    else if (isFromOutside(flow)) {
      const [host, farEnd] = [flow.responderAddress(), flow.originatorAddress()]
      const key = pairKey(flow.responderKey, flow.originatorKey, 0)
      const parties = {
        host,
        farEnd,
        domain: this.#names.nameOf(flow.originatorKey),
        isInside: false,
      }
      this.#suspects.accuseOf(key, parties, [markSign(mark)], flow)
    }
  }

  /** Far ends with which the host speaks unknown protocols, this one included. */
  #farEndsOf(flow: LiveFlow): number {
    let talker = this.#talkers.get(flow.originatorKey)
    if (talker === undefined) {
      talker = { lastUs: flow.lastUs, farEnds: new Set() }
      this.#talkers.set(flow.originatorKey, talker)
    }
    talker.lastUs = Math.max(talker.lastUs, flow.lastUs)
    if (talker.farEnds.size <= MOST_FAR_ENDS) talker.farEnds.add(flow.responderKey)
    return talker.farEnds.size
  }
}

function markSign({ tool, what, weight }: Mark): Sign {
  return { feature: 'mark', kind: 'rat', aspect: 'known', weight, value: weight, baseline: null, text: `${what}, as ${tool} speaks` } // prettier-ignore
}

const NAMELESS_BEAT: Sign = sign('namelessBeat', 'place', 0.15, 1, 'kept for nothing else, with a far end that was looked up nowhere') // prettier-ignore

/** Devices that keep a connection for orders to come look their maker's name up. */
function isNothingButBeat({ originator, responder, beat }: UnknownStream): boolean {
  if (beat === null || !isCallingHome(beat) || beat.count < MANY_BEATS) return false
  const speaker = beat.isFromResponder ? responder : originator
  return beat.count >= speaker.messages * ONLY_BEATS && responder.messages > 0
}

/** Records of data or of alerts as in TLS, where there was no hello: what is hidden is made to look like it. */
const FALSE_RECORD = /^(?:15|17)030[0-4]/

function falseTlsSigns(flow: LiveFlow, { originator, responder }: UnknownStream): Sign[] {
  if (!TLS_PORTS.includes(flow.responderPort)) return []
  const first = originator.heads[0] ?? responder.heads[0] ?? ''
  if (!FALSE_RECORD.test(first)) return []
  return [{ feature: 'falseTls', kind: 'tls', aspect: 'protocol', weight: 0.5, value: 1, baseline: 0, text: 'records as in TLS without a handshake' }] // prettier-ignore
}

function shapeSigns(flow: LiveFlow, stream: UnknownStream): Sign[] {
  const { originator, responder, beat } = stream
  const port = flow.responderPort
  // A few first words say nothing yet, and known services that were not recognised are not odd.
  if (originator.messages + responder.messages < 6 || isRhythmicPort(port)) return []
  // Of a protocol that has its place, too little may have been captured to recognise it.
  if (flow.isCutShort && !isOddPort(port)) return []
  const signs: Sign[] = [
    { feature: 'unknownProtocol', kind: 'odd-session', aspect: 'protocol', weight: 0.3, value: originator.messages + responder.messages, baseline: null, text: `${originator.messages + responder.messages} messages in no known protocol` }, // prettier-ignore
  ]
  if (isOddPort(port)) signs.push(oddPort(port, 'odd-session'))
  const isBeating = beat !== null && isCallingHome(beat)
  if (isBeating) {
    signs.push({ feature: 'beat', kind: 'odd-session', aspect: 'timing', weight: 0.35, value: beat.count, baseline: MIN_BEATS, text: `${beat.count} messages of ${beat.bytes} bytes, one each ${spanOf(beat.medianGapUs)}` }) // prettier-ignore
    const speaker = beat.isFromResponder ? responder : originator
    if (speaker.text >= speaker.messages * 0.8) {
      signs.push(sign('clearBeat', 'shape', 0.2, speaker.text, 'in plain text'))
      if (WEB_PORTS.includes(port)) signs.push(sign('webPort', 'place', 0.2, port, `at port ${port}, which is the web's`)) // prettier-ignore
    }
    // A far end that is not captured may say anything.
    if (responder.messages === 0 && flow.responderPackets > 0)
      signs.push(sign('unheard', 'outcome', 0.2, 0, 'nobody ever answers'))
  }
  const framed = originator.framed + responder.framed
  const messages = originator.messages + responder.messages
  if (framed >= 6 && framed >= messages * 0.7) {
    // Well-made protocols of games and devices have frames too: with a beat at an odd port they stay below an alert.
    signs.push(sign('framed', 'shape', 0.1, framed, `${framed} messages behind their length`))
  }
  if (stream.isResponderFirst) {
    signs.push(sign('serverFirst', 'shape', 0.15, 1, 'the far end speaks first'))
  }
  if (isCommanded(stream)) {
    signs.push(sign('obedience', 'content', 0.3, originator.bytes, `${responder.messages} small messages from the far end bring ${originator.bytes} bytes out`)) // prettier-ignore
  }
  return signs
}

function isCallingHome(beat: StreamBeat): boolean {
  const { count, medianGapUs, steadyShare, bytes } = beat
  if (count < MIN_BEATS || steadyShare < MIN_STEADY_SHARE || bytes > MOST_BEAT_BYTES) return false
  return medianGapUs <= LONGEST_BEAT_US && medianGapUs * count >= MIN_BEAT_SPAN_US
}

/** Small orders, big answers: the client of a service does it the other way round. */
function isCommanded({ originator, responder }: UnknownStream): boolean {
  if (responder.messages < 4 || responder.small < responder.messages * 0.9) return false
  return originator.bytes >= 20_000 && originator.bytes >= responder.bytes * 10
}

function sign(
  feature: string,
  aspect: Sign['aspect'],
  weight: number,
  value: number,
  text: string,
): Sign {
  return { feature, kind: 'odd-session', aspect, weight, value, baseline: null, text }
}
