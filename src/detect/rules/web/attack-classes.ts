/** The kinds of attack that a request can hold, each with its signs and what proves that it worked. */
import type { RequestValue } from './request-text.ts'
import { COMMAND_GATE, COMMAND_SIGNS } from './signs/command.ts'
import { LDAP_GATE, LDAP_SIGNS } from './signs/ldap.ts'
import { OVERFLOW_GATE, OVERFLOW_SIGNS } from './signs/overflow.ts'
import { PATH_GATE, PATH_SIGNS } from './signs/path.ts'
import { SCRIPT_GATE, SCRIPT_SIGNS } from './signs/script.ts'
import type { Sign } from './signs/sign.ts'
import { SQL_GATE, SQL_SIGNS } from './signs/sql.ts'
import { WEB_SHELL_SIGNS } from './signs/web-shell.ts'
import type { Kind } from '../../told-names.ts'

export interface AttackClass {
  readonly kind: Kind
  /** `SQL injection`. */
  readonly words: string
  readonly severity: number
  readonly mitre: readonly string[]
  /** What a value must show for its signs to be looked for. */
  readonly gate: RegExp
  readonly signs: readonly Sign[]
  /** Whole documents (XML, uploads) quote and tag as a matter of course. */
  readonly readsDocuments: boolean
  /** An answer that shows the attack's success, and the severity then. */
  readonly proof: RegExp | null
  readonly provenSeverity: number
}

const SYSTEM_FILES =
  /(?:root|daemon):[^:\s]{0,100}:0:0?:|\[boot loader\]|for 16-bit app support|\[extensions\]\\u/i
const COMMAND_OUTPUT =
  /uid=\d+\([\w.-]+\) gid=\d+|root:[x*]:0:0:|volume serial number is|windows ip configuration|microsoft windows \[|\blinux \S+ \d+\.\d+\.\S+ .{0,60}gnu/i
const DATABASE_ERROR =
  /you have an error in your sql syntax|unclosed quotation mark|quoted string not properly terminated|ora-\d{5}:|sqlstate\[|pg_query\(\)|sqlite3?::|mysql_fetch|xpath syntax error/i

export const ATTACK_CLASSES: readonly AttackClass[] = [
  {
    kind: 'web.sql-injection',
    words: 'SQL injection',
    severity: 6,
    mitre: ['T1190'],
    gate: SQL_GATE,
    signs: SQL_SIGNS,
    readsDocuments: false,
    proof: DATABASE_ERROR,
    provenSeverity: 7,
  },
  {
    kind: 'web.ldap-injection',
    words: 'LDAP injection',
    severity: 6,
    mitre: ['T1190'],
    gate: LDAP_GATE,
    signs: LDAP_SIGNS,
    readsDocuments: false,
    proof: null,
    provenSeverity: 6,
  },
  {
    kind: 'web.xss',
    words: 'cross-site scripting',
    severity: 5,
    mitre: ['T1190', 'T1059.007'],
    gate: SCRIPT_GATE,
    signs: SCRIPT_SIGNS,
    readsDocuments: false,
    proof: null,
    provenSeverity: 5,
  },
  {
    kind: 'web.path-traversal',
    words: 'path traversal',
    severity: 6,
    mitre: ['T1190', 'T1083'],
    gate: PATH_GATE,
    signs: PATH_SIGNS,
    readsDocuments: false,
    proof: SYSTEM_FILES,
    provenSeverity: 8,
  },
  {
    kind: 'web.command-injection',
    words: 'command injection',
    severity: 6,
    mitre: ['T1190', 'T1059'],
    gate: COMMAND_GATE,
    signs: COMMAND_SIGNS,
    readsDocuments: true,
    proof: COMMAND_OUTPUT,
    provenSeverity: 9,
  },
  {
    kind: 'web.webshell',
    words: 'a web shell',
    severity: 6,
    mitre: ['T1505.003'],
    gate: /^/,
    signs: WEB_SHELL_SIGNS,
    readsDocuments: true,
    proof: COMMAND_OUTPUT,
    provenSeverity: 9,
  },
  {
    kind: 'exploit.overflow',
    words: 'a buffer overflow',
    severity: 6,
    mitre: ['T1190'],
    gate: OVERFLOW_GATE,
    signs: OVERFLOW_SIGNS,
    readsDocuments: true,
    proof: null,
    provenSeverity: 6,
  },
]

/**
 * A whole statement, as consoles and dashboards hand it to a server that is meant to be asked in SQL; an injection
 * begins in the middle of somebody else's. One that goes on behind a quote is none; a comment that is a sentence
 * explains, where one that ends an injection cuts off.
 */
const STATEMENT =
  /^\s*(?:select\s+(?:distinct\s+)?[\w."`*(), @?:-]+\s+from\s|insert\s+into\s+\w|update\s+\w+\s+set\s|delete\s+from\s+\w|with\s+\w+\s+as\s*\(|explain\s+select\s|show\s+(?:tables|databases|measurements|tag|field|retention)\b)(?!.*(?:--(?!(?:\s+[a-z]{2,}){3})|#|\/\*|information_schema|sleep\s*\(|benchmark\s*\())/

/** Parameters of consoles (phpMyAdmin, Adminer, Grafana): their value is run whole, and asks the catalogue for its tables. */
const CONSOLE_NAME = /^(?:sql(?:_?(?:query|text|str|statement))?|query|statement|stmt)$/
const CONSOLE_VALUE =
  /^\s*(?:select|show|explain|describe|insert\s+into|update|delete\s+from|create|alter|drop|with)\s[^'"#]*(?:(['"])[^'"]*\1[^'"#]*)*$/

/** Nothing is broken out of: its quotes come in pairs with nothing after them that an injection begins with. */
function isForConsole({ name, text }: RequestValue): boolean {
  return CONSOLE_NAME.test(name) && CONSOLE_VALUE.test(text) && !BREAKS_OUT.test(text)
}
const BREAKS_OUT =
  /['"]\s*(?:or|and)\s*['"\d(].*(?:--|#)|union\s+(?:all\s+)?select\s+(?:null|\d+\s*,)|sleep\s*\(|benchmark\s*\(|--\s*\S{0,12}$/

/** Says whether a class is to look at a value at all. */
export function mayHold(attack: AttackClass, value: RequestValue): boolean {
  if (value.where === 'document' && !attack.readsDocuments) return false
  if (attack.signs === SQL_SIGNS && (STATEMENT.test(value.text) || isForConsole(value)))
    return false
  return attack.gate.test(value.text)
}
