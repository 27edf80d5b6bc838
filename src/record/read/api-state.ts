/** Reads what the API keeps for itself: remembered answers, and switches of rules. */
import type { Clock } from '../../core/clock.ts'
import { ANSWER_LIFE_MS, type AnswerStore, type StoredAnswer } from '../logs/api/answer-store.ts'
import type { RuleSwitch, RuleSwitches } from '../logs/api/rule-switches.ts'
import type { ReadConnection } from '../sqlite/live-connection.ts'

type AnswerRow = Omit<StoredAnswer, 'headers'> & { readonly headers: string }
type SwitchRow = Omit<RuleSwitch, 'isEnabled'> & { readonly isEnabled: number }

/** The reading half of the answer store. */
export function answerReader(connection: ReadConnection, clock: Clock): Pick<AnswerStore, 'get'> {
  const select = connection.prepare(
    `SELECT caller, key_hash AS keyHash, request_hash AS requestHash, status, headers, body
     FROM idempotent_answers WHERE caller = ? AND key_hash = ? AND answered_at_ms > ?`,
  )
  return {
    get: (caller, keyHash) => {
      const fromMs = clock.nowMs() - ANSWER_LIFE_MS
      const row = select.get(caller, keyHash, fromMs) as AnswerRow | undefined
      if (row === undefined) return null
      return { ...row, headers: JSON.parse(row.headers) as Record<string, string> }
    },
  }
}

/** The reading half of the rules' switches. */
export function switchReader(connection: ReadConnection): Pick<RuleSwitches, 'all'> {
  const select = connection.prepare(
    `SELECT rule, is_enabled AS isEnabled, changed_by AS changedBy, changed_at_ms AS changedAtMs
     FROM rule_switches ORDER BY rule`,
  )
  return {
    all: () => (select.all() as SwitchRow[]).map((row) => ({ ...row, isEnabled: !!row.isEnabled })),
  }
}
