/** Where each member of an event is found in every format: the table for whoever writes searches. */
import { markdownTable } from '../../core/text/markdown-table.ts'
import type { Event } from '../../record/event.ts'
import { ecsFieldOf } from './ecs.ts'
import { FLOW_PLACES, flowEcsFieldOf, type Places } from './flow/places.ts'

/** A member that is new in the contract does not compile without a place. */
export const PLACES: { readonly [Member in keyof Event]-?: Places } = {
  id: { cef: 'externalId', cim: 'id' },
  sequence: { cef: 'cn1', cim: '' },
  previousSequence: { cef: 'flexNumber1', cim: '' },
  revision: { cef: 'cn2', cim: '' },
  agent: { cef: 'deviceExternalId', cim: '' },
  selfTest: { cef: 'deviceFacility', cim: '' },
  interface: { cef: 'deviceInboundInterface', cim: '' },
  kind: { cef: 'deviceEventClassId, name', cim: 'signature_id, signature' },
  family: { cef: 'cat', cim: 'category' },
  severity: { cef: 'severity', cim: 'severity_id, severity' },
  confidence: { cef: 'cfp1', cim: '' },
  verdict: { cef: 'act', cim: 'action' },
  simulated: { cef: 'cn3', cim: '' },
  decision: { cef: 'cs3', cim: '' },
  attacker: { cef: 'src, c6a2, smac', cim: 'src' },
  victims: { cef: 'dst, c6a3, dmac, cs4', cim: 'dest' },
  host: { cef: 'flexString1, dst, c6a3, dmac', cim: 'dest' },
  domain: { cef: 'destinationDnsDomain', cim: '' },
  firstSeen: { cef: 'start', cim: '' },
  lastSeen: { cef: 'rt, end', cim: '_time' },
  count: { cef: 'cnt', cim: '' },
  summary: { cef: 'msg', cim: 'description' },
  reasons: { cef: 'cs5', cim: '' },
  detectors: { cef: 'cs2', cim: '' },
  mitre: { cef: 'cs1, frameworkName, threatAttackID', cim: 'mitre_technique_id' },
  flows: { cef: 'cs6', cim: '' },
  incident: { cef: 'flexString2', cim: '' },
  process: {
    cef: 'dproc, dpid, duser, duid, sproc, spid, suser, suid',
    cim: 'process_path, process_id, user, user_id',
  },
}

const INTRODUCTION = `# Where to find what an event says

Generated from the encoders by \`npm run generate\`; do not edit.

Custom keys of CEF have their labels beside them (\`cs1Label=mitre\`), so that a receiver can show them by name.
\`dvchost\` (ECS \`host.name\`, CIM \`dvc\`) is the host that Picket runs on. \`dst\` is the first victim, else the
host; all victims are in \`cs4\`. IPv6 is under \`c6a2\` and \`c6a3\`, with \`cefVersion: '1'\` under \`src\` and
\`dst\`; \`frameworkName\` and \`threatAttackID\` are of that version too. The process is the destination's,
unless this host is the attacker. An \`action\` of Splunk's is \`allowed\` for \`allow\` and \`alert\`, \`blocked\`
for \`block\`; its \`severity\` is \`critical\` from 9 on, \`high\` from 7, \`medium\` from 4, \`low\` from 1, else
\`informational\`.

`

const FLOWS = `
## Flows

With \`flows: true\` a sink gets finished flows too (\`deviceEventClassId\` and \`event.code\` are \`flow\`, \`event.dataset\` is
\`picket.flow\`). Their numbers (\`cn1\`, \`event.sequence\`) are of their own, and \`flexNumber1\` or
\`picket.previous_sequence\` names the flow that the sink was sent before; \`externalId\` or \`event.id\` is the same
each time. Flows of replayed captures are not sent; their numbers are missing. The source is who sent the first packet. CEF leaves \`in\` and
\`out\` away where they do not fit 32 bits; \`cn2\` and \`cn3\` have them all the same.

`

/** Returns the tables as Markdown. */
export function fieldTable(): string {
  const events = rowsOf(PLACES, (member) => ecsFieldOf(member as keyof Event))
  const flows = rowsOf(FLOW_PLACES, flowEcsFieldOf)
  return `${INTRODUCTION}${table('event', events)}${FLOWS}${table('flow', flows)}`
}

function rowsOf(
  places: Readonly<Record<string, Places>>,
  ecsOf: (member: string) => string,
): string[][] {
  return Object.entries(places).map(([member, { cef, cim }]) => [member, cef, ecsOf(member), cim])
}

function table(what: string, rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(code))
  return markdownTable([what, 'CEF', 'ECS', 'Splunk CIM'], cells)
}

const code = (names: string): string =>
  names === ''
    ? ''
    : names
        .split(', ')
        .map((name) => `\`${name}\``)
        .join(', ')
