/**
 * Detects active OS fingerprinting: TCP segments with several sorts of flags that no stack sends.
 *
 * OS detection (nmap -O, xprobe) asks an open and a closed port with no flags at all, with SYN and FIN
 * together, and with FIN, PSH and URG, since stacks differ in what they answer. It takes few ports, so it
 * is no scan; each sort by itself may be a single damaged packet.
 * Source: nmap reference guide, chapter 8, "TCP/IP Fingerprinting Methods Supported by Nmap" (T2–T7).
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { spanOf } from '../../state/wording.ts'
import { isStealthy, probeOf } from '../probe.ts'

const MAX_SUSPECTS = 1024

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
    const sort = probeOf(flow)
    if (!isStealthy(sort)) return
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
    summary: `the system of ${victim} fingerprinted in ${spanOf(suspect.lastUs - story.firstUs)}: ${suspect.sorts.size} sorts of TCP flags that no program sends`,
    reasons: [
      { feature: 'impossibleFlagSorts', value: suspect.sorts.size, baseline: MIN_SORTS, weight: 1 },
    ],
    mitre: ['T1592.002', 'T1046'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
