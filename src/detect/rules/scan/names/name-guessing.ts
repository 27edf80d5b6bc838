/**
 * Detects hosts that guess the names of a domain's hosts from a list of words (dnsenum, fierce, gobuster, amass).
 *
 * Evidence is distinct names one label beneath what somebody registered, of hosts, that do not exist, in words that
 * people use; names that exist acquit. Block lists ask for whole addresses and hashes beneath their zone, completed short
 * names have a domain within, tunnels and attacks on a name server make their labels of chance.
 * Left out: guesses two labels down; answers that are not captured.
 * Source: MITRE ATT&CK T1590.002.
 */
import { registeredDomainAt } from '../../../../net/registered-domain.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import { nameFeatures } from '../../tunnel/dns/name-score.ts'
import type { NameGuessingConfig } from '../config.ts'

const HEARS = ['dns'] as const
const DNS_PORT = 53
/** 20 KB each at most. */
const MAX_GUESSERS = 512
/** Words are no longer than this; hashes are. */
const LONGEST_WORD = 24
/** A shorter label looks like nothing in particular. */
const SHORT = 6
/** Letters that hardly stand together: a label made of chance. */
const MOST_RARE_PAIRS = 0.5
/** Letters and digits by turns: a label made of chance. */
const MOST_MIXING = 0.2
/** Of a domain that is merely badly kept most names exist. */
const LEAST_MISSING_SHARE = 0.8
/** So many times as many leave no doubt that a list is gone through. */
const CERTAIN_FACTOR = 3
const EXAMPLES = 4

interface Guesser extends Row {
  readonly client: string
  readonly server: string
  readonly domain: string
  readonly firstUs: number
  readonly missing: DistinctCount
  readonly found: DistinctCount
  readonly examples: string[]
  story: Story | null
}

export class NameGuessing implements Detector {
  readonly name = 'name-guessing'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: NameGuessingConfig
  readonly #emit: Emit
  readonly #guessers: FadingTable<Guesser>
  readonly #forgetAfterUs: number

  constructor(config: NameGuessingConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#guessers = new FadingTable(MAX_GUESSERS, this.#forgetAfterUs, (guesser) => {
      if (guesser.story !== null) this.#emit(describe(guesser, guesser.story, config, true))
    })
    this.memories = [this.#guessers]
  }

  flowSpoke(flow: LiveFlow, { isResponse, rcode, query, type }: Heard<typeof HEARS>): void {
    if (!isResponse || query === null || (type !== 'A' && type !== 'AAAA')) return
    const isMissing = rcode === 'NXDOMAIN'
    if (!isMissing && rcode !== 'NOERROR') return
    const at = registeredDomainAt(query)
    if (at < 2 || at >= query.length || !isWord(query, at - 1)) return
    const domain = query.slice(at)
    const isTurned = flow.originatorPort === DNS_PORT
    const key = pairKey(isTurned ? flow.responderKey : flow.originatorKey, textHash(domain), 9)
    const known = this.#guessers.get(key)
    if (known === undefined && !isMissing) return
    const isGoingOn = known !== undefined && !this.#isOver(known, flow.lastUs)
    const guesser = isGoingOn ? known : this.#begin(key, flow, domain, isTurned)
    guesser.lastUs = Math.max(guesser.lastUs, flow.lastUs)
    if (isMissing) this.#misses(guesser, query, flow)
    else guesser.found.add(textHash(query))
  }

  /** Without a story the count begins anew: errors of typing do not add up over days. */
  #isOver({ story, firstUs }: Guesser, nowUs: number): boolean {
    return story === null && nowUs - firstUs > this.#forgetAfterUs * 2
  }

  #begin(key: number, flow: LiveFlow, domain: string, isTurned: boolean): Guesser {
    const ends = [flow.originatorAddress(), flow.responderAddress()] as const
    const [client, server] = isTurned ? [ends[1], ends[0]] : ends
    const guesser = {
      ...{ client, server, domain, firstUs: flow.lastUs, lastUs: flow.lastUs },
      ...{ missing: new DistinctCount(), found: new DistinctCount() },
      ...{ examples: [], story: null },
    }
    this.#guessers.set(key, guesser)
    return guesser
  }

  #misses(guesser: Guesser, name: string, flow: LiveFlow): void {
    const { missing, examples } = guesser
    const before = missing.value
    missing.add(textHash(name))
    const names = missing.value
    if (names === before) return
    if (examples.length < EXAMPLES) examples.push(name)
    if (names < this.#config.minNames) return
    if (names < (names + guesser.found.value) * LEAST_MISSING_SHARE) return
    guesser.story ??= new Story(guesser.firstUs, flow.lastUs)
    guesser.story.addFlow(flow)
    if (!guesser.story.isDue(names, flow.lastUs)) return
    guesser.story.told(names, flow.lastUs)
    this.#emit(describe(guesser, guesser.story, this.#config, false))
  }
}

/** Says whether the name is one label before `end`, such as people give to hosts. */
function isWord(name: string, end: number): boolean {
  if (end > LONGEST_WORD || name.indexOf('.') !== end) return false
  const { rarePairs, mixing, isOdd } = nameFeatures(name, end)
  if (isOdd || end <= SHORT) return !isOdd
  return rarePairs <= MOST_RARE_PAIRS && mixing <= MOST_MIXING
}

function describe(
  { client, server, domain, missing, found, examples, firstUs, lastUs }: Guesser,
  story: Story,
  { minNames }: NameGuessingConfig,
  isFinal: boolean,
): Detection {
  const names = missing.value
  return {
    id: story.id,
    ...{ detector: 'name-guessing', kind: 'scan.dns-names', family: 'scan' },
    severity: names >= minNames * CERTAIN_FACTOR ? 5 : 3,
    confidence: confidenceOf(0.7, names - minNames, minNames),
    ...{ attacker: client, victims: [server], host: null, domain },
    ...{ firstSeenUs: firstUs, lastSeenUs: lastUs, count: names },
    summary: `${client} asked ${server} for ${counted(names, 'name')} beneath ${domain} that do not exist in ${spanOf(lastUs - firstUs)}: ${listed(examples, names)}`,
    reasons: [
      { feature: 'missingNames', value: names, baseline: minNames, weight: 0.8 },
      { feature: 'foundNames', value: found.value, baseline: null, weight: 0.2 },
    ],
    mitre: ['T1590.002'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
