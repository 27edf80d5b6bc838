/** What people make of events: verdicts, suppressions, incidents. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs, rfc3339OrNull, type Clock } from '../../core/clock.ts'
import { spanOf } from '../../core/text/span.ts'
import { isKindOf, untoldNames } from '../../decide/index.ts'
import { detectorOfRule, DETECTORS, KINDS } from '../../detect/detection.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { EventLog } from '../../record/logs/event-log.ts'
import type {
  Incident,
  IncidentLink,
  Suppression,
  TriageLog,
  Verdict,
} from '../../record/logs/triage-log.ts'
import { hasScope, type Caller } from '../auth.ts'
import type { Handler } from '../contract/contract.ts'
import { forbidden, invalidRequest, notFound, type ApiProblem } from '../problem.ts'
import { timeUsOf } from '../query.ts'
import type { RuleDesk } from './detection/rules.ts'

type Schemas = components['schemas']
type Operation =
  | 'giveVerdict'
  | 'getVerdict'
  | 'listVerdicts'
  | 'listSuppressions'
  | 'createSuppression'
  | 'deleteSuppression'
  | 'listIncidents'
  | 'getIncident'

/** What the API asks of whoever hides what is suppressed. */
export interface SuppressionDesk {
  suppress(
    order: Omit<
      Suppression,
      | 'id'
      | 'createdBy'
      | 'createdAtMs'
      | 'expiresAtMs'
      | 'liftedAtMs'
      | 'hidden'
      | 'lastHiddenAtMs'
    > & { readonly ttlSeconds: number | null; readonly actor: string },
  ): Promise<Suppression>
  unsuppress(id: string, actor: string): Promise<Suppression | null>
}

export interface TriageParts {
  readonly events: EventLog
  readonly triage: TriageLog
  readonly suppressor: SuppressionDesk
  readonly rules: Pick<RuleDesk, 'listing'>
  readonly clock: Clock
}

/** Serves the operations on verdicts, suppressions and incidents. */
export function triageHandlers(parts: TriageParts): { [Id in Operation]: Handler<Id> } {
  return { ...verdictHandlers(parts), ...suppressionHandlers(parts), ...incidentHandlers(parts) }
}

function verdictHandlers(parts: TriageParts): {
  [Id in 'giveVerdict' | 'getVerdict' | 'listVerdicts']: Handler<Id>
} {
  const { events, triage, suppressor, clock } = parts
  return {
    giveVerdict: async ({ path, body, caller }) => {
      const event = events.get(path.eventId.toLowerCase())
      if (event === null) throw noSuchEvent()
      const { suppress } = body
      if (suppress && !hasScope(caller!, 'admin')) throw forbidden('admin', caller!.scopes)
      // Looked at before the verdict is kept: what is refused leaves nothing behind.
      const order = suppress ? orderOf(suppress, caller!, parts) : null
      const verdict: Verdict = {
        eventId: event.id,
        verdict: body.verdict,
        reason: body.reason ?? null,
        detector: event.detectors[0] ?? 'unknown',
        kind: event.kind,
        givenBy: caller!.actor,
        givenAtMs: clock.nowMs(),
      }
      const details = { verdict: verdict.verdict, reason: verdict.reason, kind: verdict.kind }
      const audit = { actor: caller!.actor, action: 'event.judged', subject: event.id, details }
      await triage.saveVerdict(verdict, audit)
      const made = order && (await suppressor.suppress(order))
      return { status: 200, body: apiVerdict(verdict, made?.id ?? null) }
    },
    getVerdict: ({ path }) => {
      const verdict = triage.verdict(path.eventId)
      if (verdict === null) throw notFound('nobody has judged an event with this id')
      return { status: 200, body: apiVerdict(verdict, null) }
    },
    listVerdicts: () => ({ status: 200, body: { items: verdictFigures(triage) } }),
  }
}

/** A row for each kind that occurred, and for each detector whose events of it were judged. */
function verdictFigures(triage: TriageLog): Schemas['VerdictFigures'][] {
  const events = triage.eventCounts()
  const counts = triage.verdictCounts()
  const judged = new Set(counts.map(({ kind }) => kind))
  const unjudged = [...events.keys()].filter((kind) => !judged.has(kind))
  const none = { detector: null, truePositives: 0, falsePositives: 0 }
  return [...counts, ...unjudged.map((kind) => ({ kind, ...none }))].map((count) => {
    const total = count.truePositives + count.falsePositives
    const falsePositiveRate = total === 0 ? null : count.falsePositives / total
    return { ...count, events: events.get(count.kind) ?? 0, falsePositiveRate }
  })
}

function suppressionHandlers(parts: TriageParts): {
  [Id in 'listSuppressions' | 'createSuppression' | 'deleteSuppression']: Handler<Id>
} {
  const { triage, suppressor, clock } = parts
  return {
    listSuppressions: ({ query }) => {
      const options = { withEnded: query.ended ?? false, nowMs: clock.nowMs() }
      return { status: 200, body: { items: triage.suppressions(options).map(apiSuppression) } }
    },
    createSuppression: async ({ body, caller }) => {
      const suppression = apiSuppression(await suppressor.suppress(orderOf(body, caller!, parts)))
      const headers = { location: `/v1/suppressions/${suppression.id}` }
      return { status: 201, body: suppression, headers }
    },
    deleteSuppression: async ({ path, caller }) => {
      const id = path.suppressionId.toLowerCase()
      const suppression = await suppressor.unsuppress(id, caller!.actor)
      if (suppression === null) throw notFound('no suppression in force has this id')
      return { status: 200, body: apiSuppression(suppression) }
    },
  }
}

function incidentHandlers({ triage }: TriageParts): {
  [Id in 'listIncidents' | 'getIncident']: Handler<Id>
} {
  return {
    listIncidents: async ({ query }) => {
      const { limit, cursor, minSeverity, party } = query
      const { items, nextCursor } = await triage.incidents({
        ...{ limit, cursor, minSeverity, fromUs: timeUsOf(query.from) },
        party: party === undefined ? undefined : canonicalRange(party),
      })
      return { status: 200, body: { items: items.map(apiIncident), nextCursor } }
    },
    getIncident: ({ path }) => {
      const incident = triage.incident(path.incidentId)
      if (incident === null) throw notFound('there is no incident with this id')
      return { status: 200, body: apiIncident(incident) }
    },
  }
}

const noSuchEvent = () => notFound('there is no event with this id')

/** The document's formats have said that it is one. */
const canonicalRange = (text: string): string => formatCidr(parseCidr(text)!)

const rangeOrNull = (text: string | undefined): string | null =>
  text === undefined ? null : canonicalRange(text)

function orderOf(
  scope: Schemas['SuppressionRequest'],
  caller: Caller,
  parts: Pick<TriageParts, 'rules' | 'triage'>,
): Parameters<SuppressionDesk['suppress']>[0] {
  const { reason, ttlSeconds = null, ...narrowing } = scope
  if (Object.keys(narrowing).length === 0) throw wouldHideAll()
  const faults = namesThatHideNothing(scope, parts)
  if (faults.length > 0) throw invalidRequest(faults)
  return {
    detector: scope.detector ?? null,
    kind: scope.kind ?? null,
    address: rangeOrNull(scope.address),
    victim: rangeOrNull(scope.victim),
    port: scope.port ?? null,
    process: scope.process ?? null,
    reason,
    ttlSeconds,
    actor: caller.actor,
  }
}

/** A rule that was switched off, or kinds that a rule of yesterday told, may be meant as well. */
function namesThatHideNothing(
  { detector, kind }: Schemas['SuppressionRequest'],
  { rules, triage }: Pick<TriageParts, 'rules' | 'triage'>,
): Parameters<typeof invalidRequest>[0] {
  const { items } = rules.listing()
  const told = {
    detectors: [...DETECTORS, ...items.map(({ name }) => detectorOfRule(name))],
    kinds: [...KINDS, ...items.map((rule) => rule.kind), ...triage.eventCounts().keys()],
  }
  const untold = untoldNames({ detector, kind }, told).map(({ field, given, cure }) => {
    return { field, value: given, message: `is what nothing is told by; ${cure}` }
  })
  const isHealth = kind !== undefined && isKindOf(kind, 'health')
  const hidden = { field: 'kind', value: kind, message: 'is what the agent says of itself, which is never hidden' } // prettier-ignore
  return [...untold, ...(isHealth ? [hidden] : [])]
}

const wouldHideAll = (): ApiProblem =>
  invalidRequest([
    {
      field: 'body',
      message: 'would hide everything; it needs detector, kind, address, victim, port or process',
    },
  ])

function apiVerdict(verdict: Verdict, suppressionId: string | null): Schemas['EventVerdict'] {
  const { givenAtMs, ...rest } = verdict
  return { ...rest, givenAt: rfc3339FromUs(givenAtMs * 1000), suppressionId }
}

function apiSuppression(suppression: Suppression): Schemas['Suppression'] {
  const { createdAtMs, expiresAtMs, liftedAtMs, lastHiddenAtMs, ...rest } = suppression
  return {
    ...rest,
    createdAt: rfc3339FromUs(createdAtMs * 1000),
    expiresAt: rfc3339OrNull(expiresAtMs),
    liftedAt: rfc3339OrNull(liftedAtMs),
    lastHiddenAt: rfc3339OrNull(lastHiddenAtMs),
  }
}

function apiIncident(incident: Incident): Schemas['Incident'] {
  const { firstSeenUs, lastSeenUs, follows, ...rest } = incident
  return {
    ...rest,
    kinds: [...rest.kinds],
    ledTo: [...rest.ledTo],
    firstSeen: rfc3339FromUs(firstSeenUs),
    lastSeen: rfc3339FromUs(lastSeenUs),
    follows: follows && apiLink(follows, incident),
  }
}

function apiLink(link: IncidentLink, incident: Incident): Schemas['IncidentLink'] {
  const { eventId, firstSeenUs, ...rest } = link
  const story = storyOfTurn(link, incident)
  return { ...rest, event: eventId, at: rfc3339FromUs(firstSeenUs), story }
}

/** Such as `10.0.0.5 was a victim of 192.0.2.7 (bruteforce.ssh, severity 9); 12 min later it began …`. */
function storyOfTurn(link: IncidentLink, { party, kinds, firstSeenUs }: Incident): string {
  const by = link.attacker ?? 'somebody'
  const later = spanOf(firstSeenUs - link.firstSeenUs)
  const began = kinds[0] ?? 'attacks'
  return `${party} was a victim of ${by} (${link.kind}, severity ${link.severity}); ${later} later it began ${began} itself`
}
