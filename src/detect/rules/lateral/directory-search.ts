/**
 * Detects a directory being searched for a way through its domain: one client asks for several of the things that
 * intruders look for (who may be roasted, who may act for whom, whose password stands in the clear).
 *
 * Each is asked for by somebody honest now and then; nobody honest asks for so many within minutes.
 * Left out: searches that are sealed, or within TLS.
 * Source: MITRE ATT&CK T1087.002, T1069.002, T1482; BloodHound's collectors.
 */
import type { DirectorySearch as Search, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { AttackLedger } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import type { DomainTheftConfig } from './config.ts'

const MAX_SEARCHERS = 1024
const WITHIN_US = 600_000_000
const MIN_AIMS = 4

interface Searcher extends Row {
  readonly aims: Set<string>
}

const HEARS = ['directory-search'] as const

export class DirectorySearch implements Detector {
  readonly name = 'directory-search'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #searchers = new FadingTable<Searcher>(MAX_SEARCHERS, WITHIN_US)

  constructor({ forgetAfterSeconds }: DomainTheftConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'search', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#searchers]
  }

  flowSpoke(flow: LiveFlow, { aims }: Search): void {
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    let searcher = this.#searchers.get(key)
    if (searcher === undefined) {
      searcher = { lastUs: flow.lastUs, aims: new Set() }
      this.#searchers.set(key, searcher)
    }
    searcher.lastUs = Math.max(searcher.lastUs, flow.lastUs)
    for (const aim of aims) searcher.aims.add(aim)
    if (searcher.aims.size < MIN_AIMS) return
    const attacker = flow.originatorAddress()
    const victim = flow.responderAddress()
    const { size } = searcher.aims
    this.#ledger.note(
      {
        ...{ kind: 'lateral.directory-search', severity: 5, confidence: 0.8, attacker, victim },
        mitre: ['T1087.002', 'T1069.002'],
        isCumulative: true,
        reasons: [{ feature: 'directoryAims', value: size, baseline: MIN_AIMS, weight: 1 }],
        summary: `${attacker} searches the directory ${victim} for a way through the domain (${[...searcher.aims].join(', ')})`,
      },
      flow,
    )
  }
}
