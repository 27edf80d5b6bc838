/** Puts a DNS tunnel into words and figures. */
import type { Detection } from '../../../detection.ts'
import type { Story } from '../../state/story.ts'
import { confidenceOf, counted, grouped, spanOf } from '../../state/wording.ts'
import type { DnsTunnelConfig } from '../config.ts'
import type { DnsSuspect } from './dns-suspect.ts'

/** So much evidence and nobody's ordinary habit any more. */
const MUCH_EVIDENCE = 40
/** With types that only tunnels ask for so often: beyond doubt. */
const OVERWHELMING_EVIDENCE = 150

/** Characters of names that make an upload; five of eight bits of each are freight at best. */
const UPLOAD_CHARACTERS = 10_000

const LONGEST_EXAMPLE = 60

export function describeDnsTunnel(
  suspect: DnsSuspect,
  story: Story,
  { minEvidence }: DnsTunnelConfig,
  isFinal: boolean,
): Detection {
  const { client, server, domain } = suspect.parties
  return {
    id: story.id,
    detector: 'dns-tunnel',
    kind: 'tunnel.dns',
    family: 'tunnel',
    severity: severityOf(suspect),
    confidence: suspect.isInnocentLooking
      ? 0.4
      : confidenceOf(0.8, suspect.evidence - minEvidence, 40),
    attacker: server,
    victims: [client],
    host: client,
    domain,
    firstSeenUs: story.firstUs,
    lastSeenUs: suspect.lastUs,
    count: suspect.queries,
    summary: summaryOf(suspect),
    reasons: [
      { feature: 'dataLikeNames', value: rounded(suspect.evidence), baseline: minEvidence, weight: 0.5 },
      { feature: 'unrepeatedShare', value: rounded(suspect.names / suspect.queries), baseline: 0.5, weight: 0.2 },
      { feature: 'upstreamCharacters', value: suspect.upBytes, baseline: null, weight: 0.1 },
      { feature: 'downstreamBytes', value: suspect.downBytes, baseline: null, weight: 0.1 },
      { feature: 'rareTypeShare', value: rounded(suspect.tellingTypes / suspect.queries), baseline: 0, weight: 0.1 },
    ], // prettier-ignore
    mitre: isUpload(suspect) ? ['T1071.004', 'T1572', 'T1048'] : ['T1071.004', 'T1572'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}

function severityOf(suspect: DnsSuspect): number {
  if (suspect.isInnocentLooking) return 3
  const isTelling = suspect.tellingTypes * 2 > suspect.queries
  if (isTelling && suspect.evidence >= OVERWHELMING_EVIDENCE) return 7
  return suspect.evidence >= MUCH_EVIDENCE ? 6 : 5
}

function isUpload({ upBytes, downBytes }: DnsSuspect): boolean {
  return upBytes > UPLOAD_CHARACTERS && upBytes > downBytes
}

function summaryOf(suspect: DnsSuspect): string {
  const { client, server, domain } = suspect.parties
  const span = spanOf(suspect.lastUs - suspect.firstUs)
  const beneath = domain === null ? 'with no top-level domain' : `beneath ${domain}`
  const asked = `${client} asked ${server} for ${counted(suspect.names, 'different name')} ${beneath} in ${span}`
  const types = `${counted(suspect.queries, 'query', 'queries')} of type ${[...suspect.types].sort().join(', ')}`
  const carried = `${grouped(suspect.upBytes)} characters up, ${grouped(suspect.downBytes)} bytes down`
  return `${asked} (${types}; ${carried}); they look like data: ${shortened(suspect.example)}`
}

function shortened(name: string): string {
  return name.length > LONGEST_EXAMPLE ? `${name.slice(0, LONGEST_EXAMPLE)}…` : name
}

const rounded = (value: number): number => Math.round(value * 100) / 100
