/** The API document as a page for people. */
import { docsPage } from '../../docs/page.ts'
import type { Handler } from '../../contract/contract.ts'
import type { ApiDocument } from '../../contract/document.ts'

/** Serves `getDocs`; the page is made when it is first asked for. */
export function docsHandler(document: ApiDocument): Handler<'getDocs'> {
  let page: ReturnType<typeof docsPage> | undefined
  return () => {
    page ??= docsPage(document)
    // No script and nothing from elsewhere: the one style is known by its hash.
    const policy = `default-src 'none'; style-src 'sha256-${page.styleHash}'; frame-ancestors 'none'`
    const headers = { 'content-type': 'text/html; charset=utf-8' }
    return {
      status: 200,
      body: page.html,
      headers: { ...headers, 'content-security-policy': policy },
    }
  }
}
