/** Writes what the API keeps for itself: remembered answers, and switches of rules. */
import { ANSWER_LIFE_MS, MAX_ANSWER_BYTES, MAX_ANSWERS } from '../../logs/api/answer-store.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import { audited } from './audited.ts'
import type { Saver } from '../calls.ts'

/** Bytes of a body from which on room is made by size: answers shorter than that are held in bounds by their number. */
const LONG_BODY_BYTES = 4096

/** Prepares the remembering of answers; each makes room for itself among those of the last day. */
export function answerSaver(connection: Connection): Saver<'saveAnswer'> {
  const forget = connection.prepare(
    `DELETE FROM idempotent_answers WHERE answered_at_ms <= ? OR answered_at_ms < (
       SELECT answered_at_ms FROM idempotent_answers ORDER BY answered_at_ms DESC
       LIMIT 1 OFFSET ${MAX_ANSWERS - 1})`,
  )
  const shorten = connection.prepare(
    `DELETE FROM idempotent_answers WHERE answered_at_ms <= (
       SELECT max(answered_at_ms) FROM (
         SELECT answered_at_ms, sum(octet_length(body)) OVER (ORDER BY answered_at_ms DESC) AS bytes
         FROM idempotent_answers)
       WHERE bytes > ${MAX_ANSWER_BYTES})`,
  )
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO idempotent_answers
       (caller, key_hash, request_hash, status, headers, body, answered_at_ms)
     VALUES (@caller, @keyHash, @requestHash, @status, @headers, @body, @atMs)`,
  )
  return ({ answer, atMs }) =>
    inTransaction(connection, 'FULL', () => {
      forget.run(atMs - ANSWER_LIFE_MS)
      insert.run({ ...answer, headers: JSON.stringify(answer.headers), atMs })
      if (answer.body.length > LONG_BODY_BYTES) shorten.run()
      return null
    })
}

/** Prepares the forgetting of an answer. */
export function answerForgetter(connection: Connection): Saver<'forgetAnswer'> {
  const forget = connection.prepare(
    'DELETE FROM idempotent_answers WHERE caller = @caller AND key_hash = @keyHash',
  )
  return (key) =>
    inTransaction(connection, 'FULL', () => {
      forget.run(key)
      return null
    })
}

/** Prepares the writing of switches. */
export function switchSaver(connection: Connection): Saver<'saveRuleSwitch'> {
  const upsert = connection.prepare(
    `INSERT OR REPLACE INTO rule_switches (rule, is_enabled, changed_by, changed_at_ms)
     VALUES (@rule, @isEnabled, @changedBy, @changedAtMs)`,
  )
  return audited(connection, ({ entry }) =>
    upsert.run({ ...entry, isEnabled: entry.isEnabled ? 1 : 0 }),
  )
}
