/** Signs of SQL injection (OWASP Testing Guide 4.7.5; sqlmap's payloads). Values are decoded and in lower case. */
import type { Sign } from './sign.ts'

/** What must be there for the rest to be looked for: nearly no value pays for all the patterns. */
export const SQL_GATE =
  /['"`;#]|--|\[\$|\b(?:union|select|sleep|benchmark|waitfor|information_schema|order by|having|and|or|exec|char|concat)\b/

export const SQL_SIGNS: readonly Sign[] = [
  {
    name: 'quoteThenLogic',
    weight: 2,
    pattern:
      /['"`]\)*\s*(?:(?:and|or|xor|union|having|order by|group by|limit|procedure|rlike|like)\b|(?:\|\||&&)\s*[\w(])/,
  },
  {
    // Of a document store: whatever is not this is the password.
    name: 'passwordOperator',
    weight: 5,
    where: ['parameter', 'body', 'json'],
    pattern: /(?:pass(?:word|wd)?|pwd|pin|token)\]?\[\$(?:ne|nin|gte?|lte?|regex|exists)\]$/,
  },
  { name: 'loneQuote', weight: 1, group: 'quoteThenLogic', pattern: /^[^'"]{0,24}['"`]+\)*$/ },
  {
    name: 'quoteIsAll',
    weight: 3,
    group: 'quoteThenLogic',
    where: ['parameter', 'body', 'json'],
    pattern: /^[\w.@ -]{0,40}['"]\)*\s?(?:--[\s-]?|#)$/,
  },
  { name: 'quoteThenEnd', weight: 1, group: 'quoteThenLogic', pattern: /['"`]\)*\s*(?:;|--|#)/ },
  {
    name: 'tautology',
    weight: 2,
    // A value that is left open and goes on in other words is not the same.
    pattern:
      /\b(?:and|or|xor|where|having|\|\||&&)\s*(?:not\s*)?\(*\s*(['"]?)([\w%]{1,24})\1?\s*(?:=|like|<=>|rlike)\s*\(*['"]?\2\b(?!\s+(?!(?:and|x?or|not|union|select|order|group|having|limit|offset|into|procedure|r?like|between|for|then|else|end|from|asc|desc|collate)\b)[a-z]{3,}\b)/,
  },
  {
    name: 'comparison',
    weight: 1,
    group: 'tautology',
    pattern: /\b(?:and|or)\s+\(*\s*['"]?\d{1,9}['"]?\s*(?:=|<|>|!=|<>|like|between)\s*['"]?\d{1,9}/,
  },
  { name: 'unionSelect', weight: 3, pattern: /\bunion\s*(?:all|distinct)?\s*\(*\s*select\b/ },
  {
    name: 'selectList',
    weight: 2,
    pattern:
      /\bselect\s+(?:(?:null|\d+|0x[0-9a-f]+|@@\w+|'[^']*'|\w+\([^)]*\)|[\w.]+)\s*,\s*)+(?:null|\d+|0x[0-9a-f]+|@@\w+|'|\w+\(|\w+)/,
  },
  { name: 'selectFrom', weight: 2, pattern: /\bselect\b.{1,120}\bfrom\s+[\w.`[\]"]+/ },
  {
    name: 'delay',
    weight: 3,
    pattern:
      /\b(?:sleep\s*\(\s*\(?(?:select\s*)?[\d.]+|benchmark\s*\(\s*\d+\s*,|pg_sleep\s*\(|waitfor\s+delay\s*'|dbms_(?:pipe\.receive_message|lock\.sleep)\s*\(|randomblob\s*\(\s*\d{6,})/,
  },
  {
    name: 'catalogue',
    weight: 3,
    pattern:
      /\b(?:information_schema\b|sys(?:objects|columns|databases)\b|sqlite_master\b|pg_catalog\b|all_tables\b|mysql\.user\b|master\.\.|user_tab_columns\b)/,
  },
  {
    name: 'stacked',
    weight: 2,
    pattern:
      /['"\d)]\s*;\s*(?:drop|insert|update|delete|exec(?:ute)?|declare|create|alter|truncate|shutdown|select|waitfor|begin)\s+\w/,
  },
  {
    name: 'databaseFunction',
    weight: 2,
    pattern:
      /\b(?:extractvalue|updatexml|xp_cmdshell|load_file|group_concat|concat_ws|utl_(?:http|inaddr)\.\w+|sp_(?:oacreate|password)|load_extension|ascii\s*\(\s*(?:substr|mid)|(?:char|chr)\s*\(\s*\d+\s*\)\s*(?:\|\||\+|,)|concat\s*\(\s*(?:0x|char|@@|'))\b/,
  },
  { name: 'outfile', weight: 3, pattern: /\binto\s+(?:out|dump)file\s*['"]/ },
  {
    name: 'databaseFact',
    weight: 1,
    pattern:
      /(?:@@(?:version|datadir|hostname)|\b(?:database|version|user|current_user|system_user|schema)\s*\(\s*\))/,
  },
  { name: 'orderBy', weight: 2, pattern: /\border\s+by\s+\d+\s*(?:,\s*\d+\s*)*(?:--|#|$)/ },
  { name: 'commentEnd', weight: 1, pattern: /(?:--[\s-]?[\w+]{0,12}|#|;\s*)$/ },
  { name: 'commentSpaces', weight: 1, isRaw: true, pattern: /(?:\/\*(?:!\d{5})?\*?\/?\w*){2,}/ },
  { name: 'doublyEncoded', weight: 1, isRaw: true, pattern: /%25(?:27|22|20|3d)/i },
]
