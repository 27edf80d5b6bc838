/** Talk with a web shell: its signs, and a page's parameter that is a command and nothing else. */
import type { RequestValue } from './request-text.ts'
import { scoreOf, type Score, type Sign } from './signs/sign.ts'
import {
  SHELL_PAGE,
  SHELL_PARAMETERS,
  SHELL_VALUE,
  WEB_SHELL_GATE,
  WEB_SHELL_SIGNS,
} from './signs/web-shell.ts'

const COMMAND_AS_PARAMETER: Sign = { name: 'commandAsParameter', weight: 4, pattern: SHELL_VALUE }

const NOTHING: Score = { total: 0, signs: [] }

/** Adds up what a value of a request for `path` shows. */
export function shellScore(value: RequestValue, path: string): Score {
  const mayShow = WEB_SHELL_GATE.test(value.text)
  const score = mayShow ? scoreOf(value, WEB_SHELL_SIGNS) : NOTHING
  const isParameter = value.where === 'parameter' || value.where === 'body'
  if (!isParameter || !SHELL_PARAMETERS.test(value.name) || !SHELL_PAGE.test(path)) return score
  if (!SHELL_VALUE.test(value.text) || value.text.length > 256) return score
  return { total: score.total + 4, signs: [...score.signs, COMMAND_AS_PARAMETER] }
}
