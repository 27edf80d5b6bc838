/** Tells from a request whether it hands in a form to log in; what the form holds is not read. */
import type { HttpRequest } from '../../../../flow/flow.ts'

/** The last parts of paths and the values of parameters that sites give their login pages. */
const LOGIN_WORD =
  /(^|[/._=-])(log-?_?[io]n|logon|sign-?_?in|authenticate|j_security_check)([./?&]|$)/i
const PASSWORD_PARAMETER = /[?&](pass(word|wd)?|pwd|user_?pass(word)?)=/i

/** Pages that keep a login alive or end it. */
const NOT_A_TRY = /keep-?alive|status|check|refresh|poll|log-?out/i

/** Returns the page's path where the request tries a login there; null otherwise. */
export function loginPageOf({ method, uri }: HttpRequest): string | null {
  const isPost = method === 'POST'
  const query = uri.indexOf('?')
  if (!isPost && (method !== 'GET' || query < 0)) return null
  if (!(isPost ? LOGIN_WORD : PASSWORD_PARAMETER).test(uri)) return null
  const path = query < 0 ? uri : uri.slice(0, query)
  return NOT_A_TRY.test(path) ? null : path
}
