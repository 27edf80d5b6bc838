/** Puts a DNS tunnel that takes its domains in turn into words and figures. */
import type { Detection } from '../../../detection.ts'
import type { Story } from '../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import type { DnsTunnelConfig } from '../config.ts'
import type { DnsSuspect } from './dns-suspect.ts'
import { sumOf } from './domain-round.ts'

const DOMAINS_NAMED = 4

/** Tells of all domains as one; the event names that of the most names. */
export function describeRound(
  pieces: readonly DnsSuspect[],
  story: Story,
  { minEvidence }: DnsTunnelConfig,
  isFinal: boolean,
): Detection {
  const byNames = [...pieces].sort((a, b) => b.names - a.names)
  const { client, server, domain } = byNames[0]!.parties
  const firstUs = Math.min(...pieces.map((piece) => piece.firstUs))
  const lastUs = Math.max(...pieces.map((piece) => piece.lastUs))
  const names = sumOf(pieces, 'names')
  const queries = sumOf(pieces, 'queries')
  const evidence = sumOf(pieces, 'evidence')
  const domains = listed(
    byNames.slice(0, DOMAINS_NAMED).map(({ parties }) => parties.domain ?? '?'),
    pieces.length,
  )
  return {
    id: story.id,
    ...{ detector: 'dns-tunnel', kind: 'tunnel.dns', family: 'tunnel', severity: 5 },
    confidence: confidenceOf(0.7, names, 100),
    ...{ attacker: server, victims: [client], host: client, domain },
    ...{ firstSeenUs: firstUs, lastSeenUs: lastUs, count: queries },
    summary: `${client} asked ${server} for ${counted(names, 'different name')} beneath ${counted(pieces.length, 'domain')} in turn (${domains}) in ${spanOf(lastUs - firstUs)}, none of them twice, and never went where the answers point: ${byNames[0]!.example}`,
    reasons: [
      { feature: 'domainsInTurn', value: pieces.length, baseline: 1, weight: 0.4 },
      { feature: 'dataLikeNames', value: Math.round(evidence * 100) / 100, baseline: minEvidence, weight: 0.4 },
      { feature: 'unrepeatedShare', value: Math.round((names / queries) * 100) / 100, baseline: 0.5, weight: 0.2 },
    ],
    mitre: ['T1071.004', 'T1572', 'T1008'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  } // prettier-ignore
}
