/**
 * Detects active OS fingerprinting: TCP segments with several sorts of flags that no stack sends, and questions
 * of several sorts by ICMP that no program asks any more.
 *
 * OS detection (nmap -O, xprobe) asks an open and a closed port with no flags at all, with SYN and FIN
 * together, and with FIN, PSH and URG, since stacks differ in what they answer. It takes few ports, so it
 * is no scan; each sort by itself may be a single damaged packet.
 * xprobe and its like ask for the time, the mask and the network by ICMP.
 * Source: nmap reference guide, chapter 8, "TCP/IP Fingerprinting Methods Supported by Nmap" (T2–T7); Arkin, ICMP
 * Usage in Scanning (2001); RFC 6918 (ICMP messages out of use).
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { spanOf } from '../../state/wording.ts'
import { isStealthy, probeOf } from '../probe.ts'

const MAX_SUSPECTS = 1024

/** Timestamp, information, mask, domain name: asked for by nobody but who wants to know how they are answered. */
const ICMP_QUESTIONS: ReadonlySet<number> = new Set([13, 15, 17, 37])
/** Types of ICMPv6 that are not assigned, from the errors up to the first and after the last question. */
const UNASSIGNED_V6 = { errors: [5, 99], questions: [162, 199] } as const
/** Sorts of ICMP are counted beside those of TCP. */
const ICMP_SORTS = 256
const NO_SORT = -1

/** Sorts of impossible flags between two hosts that are no accident. */
const MIN_SORTS = 3

/** A fingerprint is taken within seconds; sorts further apart are different stories. */
const WITHIN_US = 60_000_000

interface Suspect {
  firstUs: number
  lastUs: number
  readonly sorts: Set<number>
  probes: number
  parties: { readonly attacker: string; readonly victim: string } | null
  story: Story | null
}

export class Fingerprint implements Detector {
  readonly name = 'fingerprint'
  readonly memories: readonly Memory[]
  readonly #emit: Emit
  readonly #suspects: FadingTable<Suspect>

  constructor(emit: Emit) {
    this.#emit = emit
    this.#suspects = new FadingTable(MAX_SUSPECTS, WITHIN_US, (suspect) => this.#finish(suspect))
    this.memories = [this.#suspects]
  }

  flowOpened(flow: LiveFlow): void {
    const sort = sortOf(flow)
    if (sort === NO_SORT) return
    const key = pairKey(flow.originatorKey, flow.responderKey, 4)
    let suspect = this.#suspects.get(key)
    if (suspect === undefined) {
      const { lastUs } = flow
      suspect = { firstUs: lastUs, lastUs, sorts: new Set(), probes: 0, parties: null, story: null }
      this.#suspects.set(key, suspect)
    }
    suspect.lastUs = Math.max(suspect.lastUs, flow.lastUs)
    suspect.sorts.add(sort)
    suspect.probes += 1
    if (suspect.sorts.size >= MIN_SORTS && suspect.story === null) this.#open(suspect, flow)
    else if (suspect.story !== null) suspect.story.addFlow(flow)
  }

  #open(suspect: Suspect, flow: LiveFlow): void {
    suspect.parties = { attacker: flow.originatorAddress(), victim: flow.responderAddress() }
    suspect.story = new Story(suspect.firstUs, flow.lastUs)
    suspect.story.addVictim(suspect.parties.victim)
    suspect.story.addFlow(flow)
    this.#emit(describe(suspect, suspect.story, false))
  }

  #finish(suspect: Suspect): void {
    if (suspect.story !== null) this.#emit(describe(suspect, suspect.story, true))
  }
}

/** A number for each sort of probe that no program sends. */
function sortOf(flow: LiveFlow): number {
  const type = flow.originatorPort
  if (flow.protocol === IpProtocol.ICMP) {
    return ICMP_QUESTIONS.has(type) ? ICMP_SORTS + type : NO_SORT
  }
  if (flow.protocol === IpProtocol.ICMPV6) return icmp6Sort(type)
  const sort = probeOf(flow)
  return isStealthy(sort) ? sort : NO_SORT
}

function icmp6Sort(type: number): number {
  const { errors, questions } = UNASSIGNED_V6
  const isOdd =
    (type >= errors[0] && type <= errors[1]) || (type >= questions[0] && type <= questions[1])
  return isOdd ? ICMP_SORTS + type : NO_SORT
}

function describe(suspect: Suspect, story: Story, isFinal: boolean): Detection {
  const { attacker, victim } = suspect.parties!
  return {
    id: story.id,
    detector: 'port-scan',
    kind: 'scan.fingerprint',
    family: 'scan',
    severity: 5,
    confidence: 0.9,
    attacker,
    victims: [victim],
    host: null,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: suspect.lastUs,
    count: suspect.probes,
    summary: `the system of ${victim} fingerprinted in ${spanOf(suspect.lastUs - story.firstUs)}: ${suspect.sorts.size} sorts of TCP flags or of ICMP questions that no program sends`,
    reasons: [
      { feature: 'impossibleSorts', value: suspect.sorts.size, baseline: MIN_SORTS, weight: 1 },
    ],
    mitre: ['T1592.002', 'T1046'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
