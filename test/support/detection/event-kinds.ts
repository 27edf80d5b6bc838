/** An event of every kind that detectors and the shipped rules tell, for the formats' golden files. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KINDS } from '../../../src/detect/told-names.ts'
import type { Event } from '../../../src/record/event.ts'
import { event, owner } from '../record.ts'
import { projectFolder } from '../source-files.ts'

type Family = Event['family']

const IN_RULES = /\bkind: ([a-z0-9]+\.[a-z0-9.-]+)/g

/** Returns one event for each kind, in the order of the kinds; the same in every run. */
export function eventOfEachKind(): Event[] {
  return [...allKinds()].sort().map((kind) => {
    const family = kind.split('.')[0] as Family
    return event({
      id: '019b8d2a-0000-7000-8000-000000000001',
      sequence: 7,
      revision: 2,
      summary: `what ${kind} was about`,
      ...SHAPES[family],
      kind,
      family,
    })
  })
}

function allKinds(): Set<string> {
  const folder = join(projectFolder, 'deploy/rules')
  const rules = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => matches(readFileSync(join(folder, name), 'utf8'), IN_RULES))
  return new Set([...KINDS, ...rules])
}

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!)

const OWN_HOST = { attacker: '203.0.113.9', victims: [], host: '10.0.0.8' }
const AGENT = { attacker: null, victims: [], flows: [], mitre: [], reasons: [] }

/** Who stands where in a family's events. */
const SHAPES: Partial<Record<Family, Partial<Event>>> = {
  flood: { attacker: null, verdict: 'block', simulated: true, decision: 'policy only simulates' },
  bruteforce: { verdict: 'block', decision: 'policy blocks it', mitre: ['T1110.001'] },
  tunnel: { ...OWN_HOST, domain: 'tunnel.example.org', mitre: ['T1572'] },
  exfiltration: { ...OWN_HOST, mitre: ['T1048', 'T1048.003'] },
  c2: { ...OWN_HOST, domain: 'c2.example.org', process: owner(), mitre: ['T1071.001'] },
  intel: { ...OWN_HOST, domain: 'bad.example.org', detectors: ['intel', 'port-scan'] },
  spoofing: { attacker: '2001:db8::66', victims: ['2001:db8::5', '2001:db8::6'], flows: [] },
  anomaly: { reasons: [{ feature: 'state', value: 'S0', baseline: 'SF', weight: 1 }] },
  policy: { verdict: 'allow', decision: 'on the allowlist', severity: 3 },
  health: { ...AGENT, severity: 2, interface: null, detectors: ['health'] },
}

/** Of the golden files those of events. */
export function eventsOf(files: readonly string[]): string[] {
  return files.filter((file) => !file.startsWith('flow.'))
}

/** Of the golden files those of flows. */
export function flowsOf(files: readonly string[]): string[] {
  return files.filter((file) => file.startsWith('flow.'))
}
