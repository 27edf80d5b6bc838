/** How analysts judged what detectors told, for listings that work with and without an agent or a log. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { judgedFigures, type JudgedFigures } from '../../record/logs/triage-log.ts'
import { answerOf, openAgent, openForReading } from '../client.ts'
import type { CommandContext } from '../context.ts'

/** The figures of a detector's events; null where nobody judged any. */
export type JudgedOf = (detector: string) => JudgedFigures | null

/** Asks the running agent, else the log; where there is neither nobody has judged anything. */
export async function judgedDetectors(context: CommandContext): Promise<JudgedOf> {
  const hasLog = existsSync(join(context.directory, 'picket.db'))
  // Said by nobody but who asks for the log itself: a listing is whole without it.
  const quiet = { ...context, json: true }
  const client = hasLog ? await openForReading(quiet) : await openAgent(context)
  if (client === null) return () => null
  try {
    const { items } = answerOf(await client.api.GET('/v1/verdicts'))
    return (detector) => judgedFigures(items, detector)
  } finally {
    await client.close()
  }
}

/** Says how many of the judged events were false positives, such as `1 of 4 (25 %)`. */
export function judgedWords(judged: JudgedFigures | null): string {
  if (judged === null) return '-'
  const { verdicts, falsePositives, falsePositiveRate } = judged
  return `${falsePositives} of ${verdicts} (${(falsePositiveRate * 100).toFixed(0)} %)`
}
