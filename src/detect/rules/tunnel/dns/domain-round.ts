/**
 * A tunnel that takes its domains in turn: one host asks for ever new names beneath several of them.
 *
 * Beneath each there are too few to tell (Saitama and RogueRobin idle beneath three to eight). What they share
 * is that no name is asked for twice, that nobody goes where the answers point, and that the names look like data or
 * begin with one number everywhere, as those do in which a host says who it is.
 * Source: Unit 42 on RogueRobin (DarkHydrus, 2018), Malwarebytes on Saitama (APT34, 2022).
 */
import type { Row } from '../../state/tables/capped-table.ts'
import type { Story } from '../../state/story.ts'
import type { DnsTunnelConfig } from '../config.ts'
import { commonStart, type DnsSuspect } from './dns-suspect.ts'

/** Domains looked at together. */
const MAX_DOMAINS = 16
/** A system that asks for A and AAAA, or asks again, has a use for the answer. */
const MIN_UNREPEATED = 0.9
/** An odd name now and then is anybody's. */
const MIN_EVIDENCE_A_NAME = 0.15
/** Of the evidence that one domain takes. */
const SHARE_OF_EVIDENCE = 1 / 2
/** Beneath all domains together. */
const MIN_NAMES = 16

const MIN_STEM = 4
const MIN_STEM_DOMAINS = 3
const DIGIT = /\d/

/** What a host asks beneath domains that are alike; at most 16 of them are kept. */
export class DomainRound implements Row {
  lastUs: number
  story: Story | null = null
  /** The domains that the story is about. */
  pieces: readonly DnsSuspect[] = []
  readonly #suspects: DnsSuspect[] = []

  constructor(nowUs: number) {
    this.lastUs = nowUs
  }

  /** Takes a domain in; the one asked least lately makes room. */
  add(suspect: DnsSuspect): void {
    if (this.#suspects.length >= MAX_DOMAINS) {
      const oldest = this.#suspects.reduce((a, b) => (b.lastUs < a.lastUs ? b : a))
      this.#suspects.splice(this.#suspects.indexOf(oldest), 1)
    }
    this.#suspects.push(suspect)
  }

  remove(suspect: DnsSuspect): void {
    const place = this.#suspects.indexOf(suspect)
    if (place >= 0) this.#suspects.splice(place, 1)
  }

  /** The domains that are a tunnel together; none where they are not. */
  tunnel(config: DnsTunnelConfig): readonly DnsSuspect[] {
    if (this.#suspects.length < 2) return []
    const pieces = this.#suspects.filter(isPiece)
    if (pieces.some(({ story }) => story !== null)) return []
    const odd = pieces.filter(({ evidence, names }) => evidence >= MIN_EVIDENCE_A_NAME * names)
    const isOdd = sumOf(odd, 'evidence') >= config.minEvidence * SHARE_OF_EVIDENCE
    const alike = isOdd ? odd : ofOneStem(pieces)
    return alike.length > 1 && sumOf(alike, 'names') >= MIN_NAMES ? alike : []
  }
}

function isPiece({
  names,
  queries,
  visits,
  missing,
  answers,
  listed,
  parties,
}: DnsSuspect): boolean {
  if (parties.isKnown || visits > 0 || listed > 0) return false
  return names >= MIN_UNREPEATED * queries && missing * 2 <= answers
}

/** Those that begin as the first does; numbers that count servers are shorter or beneath one domain. */
function ofOneStem(pieces: readonly DnsSuspect[]): readonly DnsSuspect[] {
  const alike = pieces.filter(
    ({ stem }) => stem !== null && hasStem(commonStart(pieces[0]!.stem ?? '', stem)),
  )
  const stem = alike.reduce((start, piece) => commonStart(start, piece.stem!), alike[0]?.stem ?? '')
  if (alike.length < MIN_STEM_DOMAINS || !hasStem(stem)) return []
  return alike
}

const hasStem = (start: string): boolean => start.length >= MIN_STEM && DIGIT.test(start)

/** Adds up one figure of several domains. */
export function sumOf(
  suspects: readonly DnsSuspect[],
  figure: 'evidence' | 'names' | 'queries' | 'upBytes' | 'downBytes',
): number {
  return suspects.reduce((sum, suspect) => sum + suspect[figure], 0)
}
