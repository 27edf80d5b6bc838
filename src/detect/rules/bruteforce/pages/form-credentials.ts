/** Tells from how a form's body begins whether it offers a password, and equal offers from different ones. */
import { textHash } from '../../state/attack-ledger.ts'

const PASSWORD = '[\\w.[\\]%-]{0,24}(?:pass|pwd|kennwort)[\\w.[\\]%-]{0,12}'
const USER = '[\\w.[\\]%-]{0,24}(?:user|login|e-?mail|account|uname|log)[\\w.[\\]%-]{0,12}'
const VALUE = '([^&]{1,256})'
const QUOTED = '"((?:[^"\\\\]|\\\\.){1,256})"'

const FORM_PASSWORD = new RegExp(`(?:^|&)${PASSWORD}=${VALUE}`, 'i')
const FORM_USER = new RegExp(`(?:^|&)${USER}=${VALUE}`, 'i')
const JSON_PASSWORD = new RegExp(`"${PASSWORD}"\\s*:\\s*${QUOTED}`, 'i')
const JSON_USER = new RegExp(`"${USER}"\\s*:\\s*${QUOTED}`, 'i')

/** Calls of XML-RPC that hold a password and ask for nothing but what whoever has it may do (WordPress). */
const REMOTE_LOGIN =
  /<methodName>\s*(?:wp\.get(?:UsersBlogs|Profile|Authors|Users)|blogger\.get(?:UserInfo|UsersBlogs)|system\.multicall)\s*</i

/** Digests the user and password that a body offers; null where it offers none. Nothing of them is kept. */
export function credentialsOf(text: string): number | null {
  if (REMOTE_LOGIN.test(text)) return textHash(text)
  const isJson = /^\s*\{/.test(text)
  const password = (isJson ? JSON_PASSWORD : FORM_PASSWORD).exec(text)?.[1]
  if (password === undefined) return null
  const user = (isJson ? JSON_USER : FORM_USER).exec(text)?.[1] ?? ''
  return textHash(`${user}\n${password}`)
}
