/** Signs of web shells: code that makes one, and talk with one (China Chopper, AntSword, c99 and kin). */
import type { Sign } from './sign.ts'

export const WEB_SHELL_GATE =
  /<\?|<%|eval|assert|execute|base64|cmd|exec|command|shell|c99|r57|wso|b374k|alfa|z0=|system|passthru/

const COMMANDS =
  '(?:whoami|id|dir|ls|pwd|net (?:user|view|localgroup)|ipconfig|ifconfig|cat|type|uname|systeminfo|tasklist|ps|netstat|wget|curl|powershell|cmd|certutil|echo)'

export const WEB_SHELL_SIGNS: readonly Sign[] = [
  {
    name: 'uploadsCode',
    weight: 4,
    where: ['body', 'document'],
    pattern:
      /<\?(?:php|=)?.{0,300}(?:eval|assert|system|shell_exec|passthru|exec|popen|proc_open|create_function|preg_replace)\s*\(.{0,60}\$_(?:post|get|request|server|cookie)/,
  },
  {
    name: 'uploadsPage',
    weight: 4,
    where: ['body', 'document'],
    pattern:
      /<%.{0,300}(?:getruntime\(\)\.exec|processbuilder|eval\s*\(?\s*request|execute\s*\(?\s*request|wscript\.shell|process\.start)/,
  },
  {
    name: 'chopper',
    weight: 5,
    where: ['body', 'document', 'parameter'],
    pattern:
      /^\s*@?(?:eval|assert|execute)[\s\x01]*\(.{0,60}(?:base64_decode|\$_(?:post|request)|request\s*[(.[]|response\.write)/,
  },
  {
    name: 'chopperPrelude',
    weight: 4,
    where: ['body', 'document', 'parameter'],
    pattern:
      /@ini_set\(\s*"display_errors"\s*,\s*"0"\)|@set_time_limit\(0\)\s*;|response\.write\("->\|"\)/,
  },
  {
    name: 'encodedPrelude',
    weight: 4,
    where: ['body', 'document', 'parameter'],
    isRaw: true,
    pattern: /QGluaV9zZXQ|QHNldF90aW1lX2xpbWl0/,
  },
  {
    name: 'knownShell',
    weight: 4,
    where: ['path'],
    pattern:
      /\/(?:c99|r57|b374k|wso\d?|alfa(?:shell|cgiapi)?|weevely|indoxploit|simple-?backdoor|php-?backdoor|cmdasp|aspxspy|reGeorg|tunnel\.nosocket)\.(?:php\d?|aspx?|jspx?|ashx)$/i,
  },
]

/** Parameters by which shells are told what to run. */
export const SHELL_PARAMETERS =
  /^(?:cmd|exec|command|execute|c|e|shell|run|x|ccmd|query|ip|do|system|pass)$/
export const SHELL_VALUE = new RegExp(`^${COMMANDS}(?=$|[\\s;|&>/\\\\.])`)
export const SHELL_PAGE = /\.(?:php\d?|phtml|aspx?|ashx|jspx?|cgi|pl)$/
