/**
 * Programs that post to pages of bare addresses which they never asked for, each time to another page; and that bring
 * cookies to several of them.
 *
 * Somebody at a browser gets a form before they send it, and a program of a vendor knows its few pages and comes back
 * to them; bots (Emotet, Feodo, Geodo) make a path up for each post, so that no list of paths holds them.
 * Left out: what goes to names, and to private addresses, where interfaces are asked by programs all day.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import { textHash } from '../state/attack-ledger.ts'
import { pairKey } from '../state/pair-key.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { listed } from '../state/wording.ts'
import { isLikeABrowser } from './signs/http-signs.ts'
import type { Sign } from './suspicion/sign.ts'

const MAX_HOSTS = 1024
const MAX_READ = 4096
const FORGET_AFTER_US = 3 * 3_600_000_000
/** Three may be the calls of one interface; a program with five has a page that it comes back to. */
const MIN_PAGES = 3
const MANY_PAGES = 5
/** Of the posts, those to a page of their own. */
const NEW_SHARE = 0.9
const MOST_PAGES = 64
const MIN_ADDRESSES = 3

/** What one host posted to bare addresses of which it had asked for nothing. */
interface Poster extends Row {
  posts: number
  readonly pages: Set<number>
  readonly addresses: Set<string>
  /** To whom it brought a cookie, posing as no browser of today. */
  readonly cookies: Set<string>
}

export class UnreadPages {
  readonly #posters = new FadingTable<Poster>(MAX_HOSTS, FORGET_AFTER_US)
  readonly #read = new FadingTable<Row>(MAX_READ, FORGET_AFTER_US)
  readonly memories = [this.#posters, this.#read]

  /** Notes a request to a bare address, and gives the signs that it makes with those before; often none. */
  note(flow: LiveFlow, request: HttpRequest): Sign[] {
    const { method, uri, hasCookie } = request
    const { originatorKey, responderKey, lastUs } = flow
    const key = pairKey(originatorKey, responderKey, 1)
    if (method !== 'POST') {
      this.#read.set(key, { lastUs })
      return hasCookie && posesAsBrowser(request) && !isLikeABrowser(request)
        ? this.#notesCookie(flow)
        : []
    }
    if (this.#read.get(key) !== undefined || !isAsFromAForm(request)) return []
    const poster = this.#posterOf(pairKey(originatorKey, 0, 1), lastUs)
    const { pages, addresses } = poster
    poster.posts += 1
    if (pages.size < MOST_PAGES) pages.add(textHash(uri.split('?', 1)[0]!))
    if (addresses.size < MOST_PAGES) addresses.add(flow.responderAddress())
    const isNew = pages.size === MOST_PAGES || pages.size >= poster.posts * NEW_SHARE
    if (pages.size < MIN_PAGES || !isNew) return []
    const signs = [pagesSign(pages.size)]
    if (addresses.size >= MIN_ADDRESSES) signs.push(addressesSign(addresses))
    return signs
  }

  /** What is no browser has its cookies from one server, and not for several without a name. */
  #notesCookie(flow: LiveFlow): Sign[] {
    const { cookies } = this.#posterOf(pairKey(flow.originatorKey, 0, 1), flow.lastUs)
    if (cookies.size < MOST_PAGES) cookies.add(flow.responderAddress())
    return cookies.size < MIN_ADDRESSES ? [] : [cookiesSign(cookies.size)]
  }

  #posterOf(key: number, nowUs: number): Poster {
    let poster = this.#posters.get(key)
    if (poster === undefined) {
      poster = {
        lastUs: nowUs,
        posts: 0,
        pages: new Set(),
        addresses: new Set(),
        cookies: new Set(),
      }
      this.#posters.set(key, poster)
    }
    poster.lastUs = Math.max(poster.lastUs, nowUs)
    return poster
  }
}

/** What says that it is a browser, and sends what forms send: programs of their own name call many interfaces. */
function isAsFromAForm(request: HttpRequest): boolean {
  const { contentType } = request
  const isData = contentType !== null && /json|protobuf|grpc|text\/plain/i.test(contentType)
  return posesAsBrowser(request) && !isData
}

function posesAsBrowser({ userAgent }: HttpRequest): boolean {
  return userAgent !== null && /^(?:Mozilla|Opera)\//.test(userAgent)
}

function pagesSign(pages: number): Sign {
  const text = `posts to ${pages} pages, each another and none asked for before`
  const weight = pages >= MANY_PAGES ? 0.5 : 0.4
  return { feature: 'unreadPages', kind: 'http', aspect: 'content', weight, value: pages, baseline: MIN_PAGES, text } // prettier-ignore
}

function cookiesSign(addresses: number): Sign {
  const text = `a cookie for each of ${addresses} bare addresses`
  return { feature: 'bareAddressesWithCookies', kind: 'http', aspect: 'outcome', weight: 0.4, value: addresses, baseline: MIN_ADDRESSES, text } // prettier-ignore
}

/** The sign of a host that posts to several bare addresses. */
export function addressesSign(addresses: ReadonlySet<string>): Sign {
  const text = `posts to ${addresses.size} bare addresses (${listed([...addresses], addresses.size)})`
  return { feature: 'bareAddressesPostedTo', kind: 'http', aspect: 'outcome', weight: 0.4, value: addresses.size, baseline: MIN_ADDRESSES, text } // prettier-ignore
}
