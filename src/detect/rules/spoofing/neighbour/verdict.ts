/** What a station's lies amount to: how bad, how sure, and why. */
import type { Reason } from '../../../detection.ts'
import type { NeighbourSpoofingConfig } from '../config.ts'
import { isSameVendor } from './mac.ts'
import type { Lie, Station } from './station.ts'

export interface Verdict {
  readonly severity: number
  readonly confidence: number
  /** What was done, in words that follow the MAC. */
  readonly words: string
  readonly lies: readonly Lie[]
  readonly reasons: readonly Reason[]
}

/** An address that two cards bore by turns within a minute is told to nobody else by an honest owner. */
const RETURNS = 2
const RACES = 2
/** Times that strangers are told a thing unasked before it counts. */
const SURE = 3
/** Who is told an address knows it for a minute, asked or not: nobody answers so often and so fast. */
const REPEATS = 10
const REPEAT_WITHIN_US = 5e6

/**
 * Judges a station; null where it may well be honest.
 *
 * An address that merely moves (failover, a lease handed on, a card replaced) is announced a few times, and
 * its old bearer falls silent. One machine with two cards answers for each address with both.
 */
export function judge(station: Station, config: NeighbourSpoofingConfig): Verdict | null {
  const lies = [...station.lies.values()]
  return (
    bothWays(station, lies) ??
    unasked(station, lies, config) ??
    announced(lies, config) ??
    polled(station, lies, config) ??
    raced(lies) ??
    gaveBack(lies) ??
    sought(station, lies) ??
    repeated(station, lies)
  )
}

function bothWays(station: Station, lies: readonly Lie[]): Verdict | null {
  const hasOwn = station.honestAddress() !== null
  const pairs = lies.filter((lie) =>
    lies.some(
      (other) =>
        other !== lie && lie.listeners.has(other.address) && other.listeners.has(lie.address),
    ),
  )
  const isKnown = hasOwn || pairs.some(({ bearer }) => bearer !== 0)
  // Of strangers it could be the router between them, answering questions that are not captured.
  if (pairs.length < 2 || (!isKnown && pairs.some((lie) => lie.unasked + lie.repeated < SURE))) {
    return null
  }
  return {
    severity: isKnown ? 7 : 6,
    confidence: isKnown ? 0.97 : 0.8,
    words: 'told each of them, unasked, that it is the other: whatever they say passes through it',
    lies: pairs,
    reasons: reasonsOf(pairs),
  }
}

function unasked(
  station: Station,
  lies: readonly Lie[],
  config: NeighbourSpoofingConfig,
): Verdict | null {
  const told = lies.filter((lie) => lie.unasked > 0)
  if (told.length === 0) return null
  const hasOwn = station.honestAddress() !== null
  const contested = told.filter((lie) => lie.bearer !== 0)
  const count = contested.reduce((sum, lie) => sum + lie.unasked, 0)
  if (count >= config.minUnaskedAnswers) {
    // The cards of a bonded pair (balance-alb) move their clients about in this way, now and then.
    const mayBeBonded =
      !hasOwn &&
      contested.every(
        (lie) =>
          isSameVendor(lie.bearer, station.mac) &&
          !(lie.unasked >= REPEATS && isFast(lie, lie.unasked)),
      )
    return {
      severity: mayBeBonded ? 3 : hasOwn ? 6 : 5,
      confidence: mayBeBonded ? 0.4 : 0.9,
      words: 'claimed it in answers that nobody had asked for, against its bearer',
      lies: contested,
      reasons: reasonsOf(contested),
    }
  }
  // A single one may be an answer whose question was not captured.
  const pushed = told.filter((lie) => lie.isPushed || lie.unasked >= config.minUnaskedAnswers)
  if (!hasOwn || pushed.length === 0) return null
  return {
    severity: 5,
    confidence: pushed.some((lie) => lie.unasked > 2) ? 0.8 : 0.65,
    words: 'claimed it beside its own in answers that nobody had asked for',
    lies: pushed,
    reasons: reasonsOf(pushed),
  }
}

function announced(lies: readonly Lie[], config: NeighbourSpoofingConfig): Verdict | null {
  const told = lies.filter(
    (lie) =>
      lie.bearer !== 0 &&
      lie.announced >= config.minAnnouncements / (lie.returns >= RETURNS ? 2 : 1),
  )
  if (told.length === 0) return null
  const isContradicted = told.some((lie) => lie.returns >= RETURNS)
  return {
    // Where the other falls silent it may be a failover that goes on announcing itself (kube-vip).
    severity: isContradicted ? 6 : 3,
    confidence: isContradicted ? 0.9 : 0.5,
    words: 'announced it again and again against its bearer',
    lies: told,
    reasons: reasonsOf(told),
  }
}

/** A question tells the asker's address as well as an answer does; some poison by questions alone. */
function polled(
  station: Station,
  lies: readonly Lie[],
  config: NeighbourSpoofingConfig,
): Verdict | null {
  const told = lies.filter((lie) => lie.bearer !== 0 && lie.polled >= 2 * config.minUnaskedAnswers)
  if (told.length === 0 || station.honestAddress() === null) return null
  return {
    severity: 5,
    confidence: 0.75,
    words: 'polled others under it, beside its own, against its bearer',
    lies: told,
    reasons: reasonsOf(told),
  }
}

/** It tells others that it bears an address, and asks the link who does: it wants to pass on what it gets. */
function sought(station: Station, lies: readonly Lie[]): Verdict | null {
  const told = lies.filter((lie) => {
    const count = lie.unasked + lie.repeated
    return count >= SURE && isFast(lie, count) && station.isLookingFor(lie)
  })
  if (told.length === 0) return null
  return {
    severity: 5,
    confidence: 0.8,
    words:
      'told it every few seconds in answers to no question that is seen, and asked for its bearer itself',
    lies: told,
    reasons: reasonsOf(told),
  }
}

/** Tools that clean up after themselves tell their victims at the end who the bearer is, and in whose name they spoke. */
function gaveBack(lies: readonly Lie[]): Verdict | null {
  const told = lies.filter((lie) => {
    const taken = lie.unasked + lie.repeated - lie.gaveBack
    return lie.gaveBack > 0 && taken >= SURE
  })
  if (told.length === 0) return null
  return {
    severity: 6,
    confidence: 0.85,
    words: 'told it of itself in answers to no question that is seen, and then of the bearer',
    lies: told,
    reasons: reasonsOf(told),
  }
}

/**
 * The same answer every few seconds, to a station that is never heard to ask. Of Neighbour Advertisements fewer will
 * do, since an honest one says that it was asked or is for all.
 */
function repeated(station: Station, lies: readonly Lie[]): Verdict | null {
  const told = lies.filter((lie) => {
    return isFast(lie, lie.repeated) && (lie.repeated >= REPEATS || lie.unbidden >= REPEATS / 2)
  })
  if (told.length === 0) return null
  return {
    severity: station.honestAddress() === null ? 4 : 5,
    confidence: 0.65,
    words: 'told it every few seconds in answers to no question that is seen',
    lies: told,
    reasons: reasonsOf(told),
  }
}

/** Nobody could have forgotten it in between. */
function isFast({ firstUs, lastUs }: Lie, count: number): boolean {
  return lastUs - firstUs <= count * REPEAT_WITHIN_US
}

/** Two cards of one machine race each other; only a liar races several machines. */
function raced(lies: readonly Lie[]): Verdict | null {
  const told = lies.filter((lie) => lie.raced > 0)
  const bearers = new Set(told.map((lie) => lie.bearer))
  if (bearers.size < RACES) return null
  return {
    severity: 6,
    confidence: 0.85,
    words: 'answered for them beside their bearers',
    lies: told,
    reasons: reasonsOf(told),
  }
}

function reasonsOf(lies: readonly Lie[]): Reason[] {
  const sum = (count: (lie: Lie) => number): number =>
    lies.reduce((total, lie) => total + count(lie), 0)
  const reasons: [feature: string, value: number, weight: number][] = [
    ['claimedAddresses', lies.length, 0.2],
    ['unaskedAnswers', sum((lie) => lie.unasked), 0.4],
    ['repeatedAnswers', sum((lie) => lie.repeated), 0.3],
    ['givenBack', sum((lie) => lie.gaveBack), 0.3],
    ['contestedPolls', sum((lie) => lie.polled), 0.3],
    ['contestedAnnouncements', sum((lie) => lie.announced), 0.3],
    ['racedAnswers', sum((lie) => lie.raced), 0.3],
    ['otherBearers', lies.filter((lie) => lie.bearer !== 0).length, 0.3],
  ]
  return reasons
    .filter(([, value]) => value > 0)
    .map(([feature, value, weight]) => ({ feature, value, baseline: 0, weight }))
}
