import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../../src/core/files/package-root.ts'
import { Detectors } from '../../../../../src/detect/detectors.ts'
import type { Detection } from '../../../../../src/detect/detection.ts'
import {
  compileRules,
  readFolder,
  SigmaDetector,
  SHIPPED_RULES,
} from '../../../../../src/detect/index.ts'
import type { ApplicationFact } from '../../../../../src/flow/flow.ts'
import {
  httpRequest,
  plannedFlow,
  type FlowPlan,
} from '../../../../support/detection/judged-rules.ts'
import { START_US } from '../../../../support/detection/watched-traffic.ts'

const book = compileRules(readFolder(packagedFile(SHIPPED_RULES), 'shipped').texts)

function told(plan: FlowPlan, seen: readonly ApplicationFact[] = []): string[] {
  const stories = new Map<string, Detection>()
  const detector = new SigmaDetector(book, (one) => stories.set(one.id, one))
  const flow = plannedFlow(plan)
  for (const fact of seen) detector.flowSpoke(flow, fact)
  detector.flowEnded(flow, 'fin')
  new Detectors([detector]).end(flow.lastUs)
  return [...stories.values()]
    .filter(({ severity }) => severity >= 4)
    .map(({ kind, attacker }) => `${kind} ${attacker}`)
}

const opened = (names: readonly string[]): ApplicationFact[] =>
  names.map((name) => ({ kind: 'smb-open', name }))
const share: FlowPlan = { destination: '10.0.0.9', destinationPort: 445, application: 'smb' }

describe('ransom notes', () => {
  it('in one folder after another are told', () => {
    const notes = ['a', 'b', 'c', 'd'].map((folder) => `${folder}\\HOW_TO_RECOVER_FILES.txt`)
    expect(told(share, opened(notes))).toEqual(['exploit.ransomware 10.0.0.5'])
  })

  it('are not what projects and offices put into every folder', () => {
    const names = ['README.md', 'readme.txt', 'How to use.txt', 'data.txt', 'Restore.docx']
    const everywhere = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((folder) =>
      names.map((name) => `${folder}\\${name}`),
    )
    expect(told(share, opened(everywhere))).toEqual([])
  })
})

describe('a miner over HTTP', () => {
  it('is told by its name', () => {
    const request = httpRequest({ userAgent: 'cpuminer 2.3' })
    expect(told({ application: 'http' }, [request])).toEqual(['c2.miner 203.0.113.9'])
    expect(told({ application: 'http' }, [httpRequest({ userAgent: 'curl/8.5.0' })])).toEqual([])
  })
})

describe('services open to the internet', () => {
  function told(hosts: number, changes: FlowPlan = {}): string[] {
    const kinds = new Set<string>()
    const detector = new SigmaDetector(book, ({ kind, severity, attacker }) => {
      if (severity >= 4) kinds.add(`${kind} ${attacker}`)
    })
    for (let host = 1; host <= hosts; host += 1) {
      const plan = { source: '203.0.113.9', destination: `10.0.0.${host}`, destinationPort: 3389 }
      const rest = { application: 'rdp', responderPayloadBytes: 19, connState: 'SF' } as const
      const atUs = START_US + host * 2_000_000
      detector.flowEnded(plannedFlow({ ...plan, ...rest, atUs, ...changes }), 'fin')
    }
    return [...kinds]
  }

  it('that one asks on many hosts are looked for', () => {
    expect(told(14)).toEqual(['sweep.services 203.0.113.9'])
  })

  it('that one asks on a few hosts, or from within, are used', () => {
    expect(told(8)).toEqual([])
    expect(told(14, { source: '10.0.9.9' })).toEqual([])
  })
})
