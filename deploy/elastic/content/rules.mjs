/** The detection rules with what all of them have in common, as Kibana's detection engine imports them. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const COMMON = {
  author: ['The authors of Picket'],
  license: 'Apache-2.0',
  tags: ['Picket'],
  enabled: false,
  version: 1,
  from: 'now-7m',
  to: 'now',
  interval: '5m',
  max_signals: 100,
  severity_mapping: [],
  risk_score_mapping: [],
  references: [],
  false_positives: [],
  threat: [],
  exceptions_list: [],
  actions: [],
}
/** A query in ES|QL names its indices itself, and its rows have a time of their own only where they are documents. */
const OF_QUERIES = { index: ['logs-picket.event-*'], timestamp_override: 'event.ingested' }

/** Returns the rules in the order of the file. */
export function detectionRules() {
  const text = readFileSync(new URL('detection-rules.yml', import.meta.url), 'utf8')
  return parse(text).map((rule) => {
    return { ...COMMON, ...(rule.type === 'esql' ? {} : OF_QUERIES), ...rule }
  })
}
