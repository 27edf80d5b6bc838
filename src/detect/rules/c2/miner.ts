/**
 * Detects miners of cryptocurrency by what they say to their pool in the clear: Stratum, of any coin and at any
 * port. Nobody mines by accident; those who do it on purpose know.
 *
 * Left out: pools over TLS, which show by name alone (`policy.mining-pool`).
 * Source: Stratum mining protocol (slush), its dialects for Monero (xmrig) and Ethereum (ethminer).
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, quoted } from '../state/attack-ledger.ts'
import type { MinerConfig } from './config.ts'
import { bytesOf } from './signs/rat-marks.ts'

/** What only the one who mines says; a first message's 64 bytes hold it. */
const MINER_WORDS =
  /"method" ?: ?"(?:mining\.(?:subscribe|authorize|submit|configure|extranonce\.subscribe)|eth_submit(?:Login|Work|Hashrate)|eth_getWork)"|"method" ?: ?"submit" ?, ?"params" ?: ?\{ ?"id" ?:|"method" ?: ?"login" ?, ?"params" ?: ?\{ ?"login|^\{"worker" ?: ?"[^"]{0,32}" ?, ?"jsonrpc" ?: ?"2\.0" ?, ?"params" ?: ?\["0x/
/** What only a pool says. */
const POOL_WORDS =
  /"mining\.(?:notify|set_difficulty|set_target|set_extranonce)"|"method" ?: ?"job" ?, ?"params" ?: ?\{ ?"(?:blob|job_id)"/

const HEARS = ['unknown-stream'] as const

export class Miner implements Detector {
  readonly name = 'miner'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger

  constructor({ forgetAfterSeconds }: MinerConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'sighting', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger]
  }

  flowSpoke(flow: LiveFlow, { originator, responder }: Heard<typeof HEARS>): void {
    const own = bytesOf(originator)
    const far = bytesOf(responder)
    const said = find(own, MINER_WORDS) ?? find(far, POOL_WORDS)
    if (said !== null) {
      this.#note(flow, flow.originatorAddress(), flow.responderAddress(), said)
      return
    }
    // Under way when the capture began: the pool may have spoken first.
    const turned = find(far, MINER_WORDS) ?? find(own, POOL_WORDS)
    if (turned !== null) this.#note(flow, flow.responderAddress(), flow.originatorAddress(), turned)
  }

  #note(flow: LiveFlow, host: string, pool: string, said: string): void {
    this.#ledger.note(
      {
        kind: 'c2.miner',
        severity: 5,
        confidence: 0.95,
        attacker: pool,
        victim: host,
        host,
        mitre: ['T1496'],
        reasons: [{ feature: 'minerWords', value: said.slice(0, 64), baseline: null, weight: 1 }],
        summary: `${host} mines cryptocurrency for ${pool}:${flow.responderPort}: ${quoted(said, 64)}`,
      },
      flow,
    )
  }
}

function find(heads: readonly string[], words: RegExp): string | null {
  return heads.map((head) => words.exec(head)?.[0]).find((found) => found !== undefined) ?? null
}
