/**
 * Watches how regularly hosts connect to the same port of the same far end, and how those connections end.
 *
 * Programs under command call home again and again: each call a connection of its own, alike in size, at a
 * steady interval; and when nobody is at home any more, they go on calling. Left out: services that are polled
 * by design (`isRhythmicPort`); of datagrams all but QUIC that is answered and calls outside at ports of no service,
 * each a flow of its own: keep-alives, games and media are as regular, and stay on one flow.
 */
import { APPLICATIONS, type LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { Detector } from '../../detector.ts'
import { Cadence, type Rhythm } from './cadence.ts'
import type { C2Config } from './config.ts'
import { hasSpoken, Reach, reachOf, sawHandshake } from './direction.ts'
import type { FarNames } from './names/far-names.ts'
import type { Sign } from './suspicion/sign.ts'
import { isOddPort, isRhythmicPort, oddPort } from './signs/ports.ts'
import { keepsInterval, rhythmSign, unbrokenSign } from './signs/rhythm.ts'
import type { C2Suspects } from './suspicion/suspects.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { pairKey } from '../state/pair-key.ts'

const PLACES = 16_384
const MAX_CALLERS = 4096
/** A pair that does not connect for so long is forgotten; hourly beacons are not. */
const FORGET_AFTER_US = 3 * 3_600_000_000
/** Calls are small: more than so much either way is a transfer. */
const MOST_BYTES = 16_384
/** So many regular calls in one go are nothing a person or a well-made program does. */
const RELENTLESS_CALLS = 40
const RELENTLESS_US = 180_000_000
/** The same, of so many more, in less time. */
const HASTY_CALLS = 60
const HASTY_US = 90_000_000
/** Half as many weigh a third as much. */
const MANY_CALLS = 20
const HTTP = APPLICATIONS.indexOf('http')
const HTTP_PORT = 80
const QUIC_PORT = 443
/** Faster than this is one program's burst. */
const SHORTEST_GAP_US = 300_000
/** Between neighbours who guess passwords, ask for pages or measure are as fast as this, and obey nobody. */
const SHORTEST_INSIDE_US = 1_000_000

/** So many others called in the same rhythm by the same host: a monitor makes its round. */
const MOST_IN_STEP = 2
/** Between neighbours one is enough that is asked the same at the same port: bots have one master. */
const MIN_TWINS = 1
const SAME_STEP = 0.1
/** Callers of one host looked at. */
const MOST_OF_HOST = 64

interface Caller extends Row {
  readonly host: number
  readonly farEnd: number
  readonly port: number
  readonly firstUs: number
  readonly cadence: Cadence
  /** Ended calls, and how: refused or never answered; accepted and met with silence. */
  ended: number
  failed: number
  silent: number
  leastSent: number
  mostSent: number
  leastReceived: number
  mostReceived: number
}

/** The keys of the callers that a host has. */
interface Host extends Row {
  readonly keys: Set<number>
}

export class Beacons implements Detector {
  readonly name = 'c2-beacons'
  readonly #config: C2Config
  readonly #suspects: C2Suspects
  readonly #names: FarNames
  readonly #looks = new FirstLooks(PLACES, FORGET_AFTER_US)
  readonly #callers = new FadingTable<Caller>(MAX_CALLERS, FORGET_AFTER_US)
  readonly #hosts = new FadingTable<Host>(MAX_CALLERS, FORGET_AFTER_US)
  readonly memories = [this.#callers, this.#hosts, this.#looks]

  constructor(config: C2Config, suspects: C2Suspects, names: FarNames) {
    this.#config = config
    this.#suspects = suspects
    this.#names = names
  }

  flowOpened(flow: LiveFlow): void {
    if (!isCall(flow) || isRhythmicPort(flow.responderPort)) return
    const key = keyOf(flow)
    const caller = this.#callers.get(key)
    if (caller === undefined) this.#noteFirst(flow, key)
    else if (caller.cadence.note(flow.startUs))
      caller.lastUs = Math.max(caller.lastUs, flow.startUs)
  }

  flowEnded(flow: LiveFlow): void {
    if (this.#callers.size === 0 || !isCall(flow)) return
    const caller = this.#callers.get(keyOf(flow))
    if (caller === undefined) return
    const { originatorPayloadBytes: sent, responderPayloadBytes: received } = flow
    // Where QUIC is blocked browsers try it all the same.
    if (received === 0 && isQuicPort(flow)) return
    caller.ended += 1
    // What one end says is not captured: no call of it is one in vain.
    const isFarUnheard =
      flow.responderPackets === 0 && (flow.originatorTcpFlags & TcpFlag.ACK) !== 0
    const isOneLeg = isFarUnheard || !hasSpoken(flow)
    const isUnheard = flow.protocol === IpProtocol.UDP && received === 0
    const isVain = isUnheard || (sent === 0 && received === 0)
    if (isVain && !isOneLeg) caller.failed += 1
    else if (received === 0 && sent <= 1024 && !isOneLeg) caller.silent += 1
    if (sent > 0 || received > 0) {
      caller.leastSent = Math.min(caller.leastSent, sent)
      caller.mostSent = Math.max(caller.mostSent, sent)
      caller.leastReceived = Math.min(caller.leastReceived, received)
      caller.mostReceived = Math.max(caller.mostReceived, received)
    }
    if (caller.cadence.count >= this.#config.minRepeats && isTimeToJudge(caller.ended)) {
      this.#judge(caller, flow)
    }
  }

  #noteFirst(flow: LiveFlow, key: number): void {
    if (reachOf(flow) === Reach.NONE) return
    const farPort = flow.responderKey * 65_536 + flow.responderPort
    const place = this.#looks.note(flow.originatorKey, farPort, flow.startUs, flow.startUs)
    if (place < 0) return
    const cadence = new Cadence()
    for (const startUs of this.#looks.take(place).items) cadence.note(startUs)
    this.#join(flow.originatorKey, key, flow.startUs)
    this.#callers.set(key, {
      host: flow.originatorKey, farEnd: flow.responderKey, port: flow.responderPort, lastUs: flow.startUs, firstUs: flow.startUs, cadence, ended: 0, failed: 0, silent: 0,
      leastSent: Infinity, mostSent: 0, leastReceived: Infinity, mostReceived: 0,
    }) // prettier-ignore
  }

  #judge(caller: Caller, flow: LiveFlow): void {
    const rhythm = caller.cadence.rhythm()
    const isInside = reachOf(flow) === Reach.INSIDE
    const shortestUs = isInside ? SHORTEST_INSIDE_US : SHORTEST_GAP_US
    if (rhythm === null || rhythm.medianGapUs < shortestUs) return
    const { count } = caller.cadence
    const timing =
      rhythmSign(rhythm, count, 'beacon', 'connection') ??
      unbrokenSign(rhythm, count, RELENTLESS_CALLS)
    if (timing === null || this.#isRound(caller, rhythm, isInside)) return
    const signs = [timing, ...this.#outcomes(caller, flow)]
    if (this.#names.isUnasked(flow) && !isNamed(flow)) signs.push(NAMELESS_CALL)
    const domain = this.#names.nameOf(flow.responderKey)
    this.#suspects.accuse(flow, [...signs, ...this.#names.placeSigns(domain, 'beacon')], domain)
  }

  #join(host: number, key: number, nowUs: number): void {
    const known = this.#hosts.get(host)
    if (known === undefined) {
      this.#hosts.set(host, { lastUs: nowUs, keys: new Set([key]) })
      return
    }
    known.lastUs = Math.max(known.lastUs, nowUs)
    if (known.keys.size < MOST_OF_HOST) known.keys.add(key)
  }

  /** The host calls others in the same rhythm, as what watches services does. */
  #isRound(caller: Caller, own: Rhythm, isInside: boolean): boolean {
    const { medianGapUs } = own
    const isKeptOutside = !isInside && keepsInterval(own)
    let inStep = 0
    let twins = 0
    for (const key of this.#hosts.get(caller.host)?.keys ?? []) {
      const other = this.#callers.get(key)
      if (other === undefined || other === caller) continue
      const rhythm = other.cadence.rhythm()
      // Pages that people visit now and then are half a minute apart in the middle, too.
      if (isKeptOutside && rhythm !== null && !keepsInterval(rhythm)) continue
      const gapUs = rhythm?.medianGapUs ?? other.cadence.lastGapUs
      if (Math.abs(gapUs - medianGapUs) <= medianGapUs * SAME_STEP) {
        inStep += 1
        if (isTwin(caller, other)) twins += 1
      }
    }
    return inStep >= MOST_IN_STEP || (isInside && twins >= MIN_TWINS)
  }

  #outcomes(caller: Caller, flow: LiveFlow): Sign[] {
    const signs: Sign[] = []
    const { minFailures } = this.#config
    const { ended, failed, silent, cadence, mostSent } = caller
    if (isOddPort(flow.responderPort)) signs.push(oddPort(flow.responderPort, 'beacon'))
    if (failed >= minFailures && failed >= ended * 0.9) {
      signs.push({ feature: 'failedConnections', kind: 'beacon', aspect: 'outcome', weight: 0.3, value: failed, baseline: minFailures, text: `${failed} of ${ended} refused or unanswered` }) // prettier-ignore
    }
    if (silent >= minFailures && silent >= ended * 0.9) {
      signs.push({ feature: 'silentConnections', kind: 'beacon', aspect: 'outcome', weight: 0.4, value: silent, baseline: minFailures, text: `${silent} of ${ended} accepted and met with silence` }) // prettier-ignore
    }
    const isSmall = mostSent <= MOST_BYTES && caller.mostReceived <= MOST_BYTES
    if (!isSmall || (mostSent === 0 && hasSpoken(flow))) return signs
    if (!isHonestQuestion(flow)) signs.push(...equalSigns(caller))
    const calls = cadence.count
    const spanUs = flow.startUs - caller.firstUs
    const isHasty = calls >= HASTY_CALLS && spanUs >= HASTY_US
    if (isHasty || (calls >= MANY_CALLS && spanUs >= RELENTLESS_US)) {
      const weight = calls >= RELENTLESS_CALLS ? 0.3 : 0.1
      signs.push({ feature: 'relentlessCalls', kind: 'beacon', aspect: 'outcome', weight, value: calls, baseline: MANY_CALLS, text: `${calls} calls without a pause` }) // prettier-ignore
    }
    return signs
  }
}

/** The same is said to another host at the same port. */
function isTwin(one: Caller, other: Caller): boolean {
  return one.farEnd !== other.farEnd && one.port === other.port && one.mostSent === other.mostSent
}

/** Reports and orders vary; "nothing new" and "nothing to do" do not. */
function equalSigns({ leastSent, mostSent, leastReceived, mostReceived }: Caller): Sign[] {
  const signs: Sign[] = []
  if (mostSent > 0 && mostSent - leastSent <= Math.max(32, mostSent * 0.1)) {
    signs.push({ feature: 'equalSizes', kind: 'beacon', aspect: 'shape', weight: 0.2, value: mostSent, baseline: null, text: `each sends ${leastSent} to ${mostSent} bytes` }) // prettier-ignore
  }
  if (mostReceived > 0 && mostReceived - leastReceived <= Math.max(32, mostReceived * 0.1)) {
    signs.push({ feature: 'equalAnswers', kind: 'beacon', aspect: 'shape', weight: 0.15, value: mostReceived, baseline: null, text: `each brings ${leastReceived} to ${mostReceived} bytes` }) // prettier-ignore
  }
  return signs
}

/** The host asks for the names of all others; what keeps addresses in its files is seldom so regular. */
const NAMELESS_CALL: Sign = { feature: 'namelessCall', kind: 'beacon', aspect: 'place', weight: 0.2, value: 1, baseline: 0, text: 'to a far end that was looked up nowhere' } // prettier-ignore

/** It says a name itself: it was looked up before the capture began. */
function isNamed(flow: LiveFlow): boolean {
  const facts = flow.facts()
  if (facts?.kind === 'tls' || facts?.kind === 'quic') return facts.sni !== null
  return facts?.kind === 'http' && facts.host !== null && !/^[\d.:[\]]+$/.test(facts.host)
}

/** The same question over HTTP is as long each time, whoever asks it; at an odd port let it say who asks. */
function isHonestQuestion(flow: LiveFlow): boolean {
  if (flow.responderPort === HTTP_PORT) return true
  const facts = flow.application === HTTP ? flow.facts() : null
  return facts?.kind === 'http' && facts.userAgent !== null
}

/** Each of the first, then ever more seldom: sorting the gaps is the dear part. */
function isTimeToJudge(ended: number): boolean {
  return ended <= 16 || (ended <= 64 && ended % 4 === 0) || ended % 32 === 0
}

const isQuicPort = (flow: LiveFlow): boolean =>
  flow.protocol === IpProtocol.UDP && flow.responderPort === QUIC_PORT

/** Opens a connection, or sends a datagram to where no service is, outside. */
function isCall(flow: LiveFlow): boolean {
  if (flow.protocol === IpProtocol.TCP) return sawHandshake(flow)
  if (flow.protocol !== IpProtocol.UDP) return false
  if (!isOddPort(flow.responderPort) && !isQuicPort(flow)) return false
  if (flow.originatorPort < flow.responderPort && flow.originatorPort < 1024) return false
  return reachOf(flow) === Reach.OUTSIDE
}

function keyOf(flow: LiveFlow): number {
  return pairKey(flow.originatorKey, flow.responderKey, flow.responderPort + flow.protocol * 65_536)
}
