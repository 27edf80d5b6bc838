/** Where a feed's text comes from: a file, or a URL whose last good answer is kept in the data folder. */
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../../core/errors.ts'
import { proxyClient, type HttpClient } from '../../core/http-client.ts'
import { replaceFile } from '../../core/files/replace-file.ts'
import type { FeedConfig } from './config.ts'

/** A feed larger than this is refused: it is read whole. */
const MAX_BYTES = 256 * 1024 * 1024
/** `Auth-Key: …`: some sources want their key in a header of their own. */
const OWN_HEADER = /^([A-Za-z][A-Za-z0-9-]{0,63}):\s*(\S.*)$/
const ANSWER_WITHIN_MS = 60_000

export interface FeedText {
  readonly text: string
  /** When the source gave it: the file's time, or that of the answer. Milliseconds since the epoch. */
  readonly givenAtMs: number
}

/** What is kept beside the text, so that an unchanged feed is not sent again. */
interface CacheNote {
  readonly source: string
  readonly givenAtMs: number
  readonly etag: string | null
  readonly lastModified: string | null
}

export const isRemote = (source: string): boolean => /^https?:\/\//i.test(source)

/** The source as it may be shown: without the credentials a URL may carry. */
export function shownSource(source: string): string {
  return isRemote(source) && URL.canParse(source) ? bareUrl(source) : source
}

/**
 * Reads a feed that is a file, or the kept answer of a URL; null where a URL was never answered.
 *
 * Errors: `ERR_FEED_READ` for a file that cannot be read or is too large.
 */
export function readFeedText(feed: FeedConfig, directory: string): FeedText | null {
  if (!isRemote(feed.source)) return readFile(feed.source, null)
  const note = readNote(feed, directory)
  return note === null ? null : readFile(cachePath(feed, directory), note.givenAtMs)
}

export interface FetchOptions {
  /** Null to ask directly. */
  readonly proxy: string | null
  /**
   * Says why an answer must not take the place of what is kept: a page that asks for a login comes with status
   * 200 too.
   */
  faultIn(text: string): string | null
}

/**
 * Fetches a feed that is a URL and keeps the answer; an answer "not modified" renews what is kept.
 *
 * Errors: `ERR_FEED_READ` with the reason; what is kept stays.
 */
export async function fetchFeedText(
  feed: FeedConfig,
  directory: string,
  { proxy, faultIn }: FetchOptions,
): Promise<FeedText> {
  const note = readNote(feed, directory)
  const http = proxy === null ? null : await clientFor(feed, proxy)
  try {
    const answer = await ask(feed, note, http?.fetch ?? fetch)
    return await kept(feed, directory, { note, answer, faultIn })
  } finally {
    await http?.close()
  }
}

async function clientFor(feed: FeedConfig, proxy: string): Promise<HttpClient> {
  try {
    return await proxyClient(proxy)
  } catch (error) {
    throw failed(feed, `detect.intel.proxy: ${reasonOf(error)}`, error)
  }
}

interface Asked {
  readonly note: CacheNote | null
  readonly answer: Response
  readonly faultIn: FetchOptions['faultIn']
}

async function kept(
  feed: FeedConfig,
  directory: string,
  { note, answer, faultIn }: Asked,
): Promise<FeedText> {
  const givenAtMs = Date.now()
  if (answer.status === 304 && note !== null) {
    await answer.body?.cancel()
    keepNote(feed, directory, { ...note, givenAtMs })
    return readFile(cachePath(feed, directory), givenAtMs)
  }
  if (answer.status !== 200) {
    await answer.body?.cancel()
    throw failed(feed, `the server answered ${answer.status} ${answer.statusText}`.trimEnd())
  }
  const text = await bodyOf(feed, answer)
  const fault = faultIn(text)
  if (fault !== null) throw failed(feed, fault)
  mkdirSync(join(directory, 'feeds'), { recursive: true, mode: 0o750 })
  replaceFile(cachePath(feed, directory), text, 0o640)
  keepNote(feed, directory, {
    ...{ source: feed.source, givenAtMs },
    etag: answer.headers.get('etag'),
    lastModified: answer.headers.get('last-modified'),
  })
  return { text, givenAtMs }
}

async function ask(
  feed: FeedConfig,
  note: CacheNote | null,
  through: typeof fetch,
): Promise<Response> {
  try {
    return await through(bareUrl(feed.source), {
      headers: {
        'user-agent': 'picket',
        ...(note?.etag ? { 'if-none-match': note.etag } : {}),
        ...(note?.lastModified ? { 'if-modified-since': note.lastModified } : {}),
        ...authorizationOf(feed),
      },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
  } catch (error) {
    if (error instanceof PicketError) throw error
    throw failed(feed, reasonOf(error), error)
  }
}

function bareUrl(source: string): string {
  const url = new URL(source)
  url.username = ''
  url.password = ''
  return url.href
}

/**
 * What a source is told of who asks: from the feed's file, else from its URL.
 *
 * Errors: `ERR_FEED_READ` for a file that cannot be read, or that would be sent in the clear.
 */
export function authorizationOf(feed: FeedConfig): Readonly<Record<string, string>> {
  const { username, password } = new URL(feed.source)
  if (feed.authorizationFile === null && username !== '') {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  }
  if (feed.authorizationFile === null) return {}
  if (!/^https:\/\//i.test(feed.source)) {
    throw failed(feed, 'authorizationFile would be sent in the clear; use an https URL')
  }
  const [line = ''] = readFile(feed.authorizationFile, null).text.split(/\r?\n/)
  const [, name, value] = OWN_HEADER.exec(line) ?? []
  return name === undefined ? { authorization: line } : { [name]: value! }
}

async function bodyOf(feed: FeedConfig, answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += (chunk as Uint8Array).length
      if (bytes > MAX_BYTES) throw failed(feed, `it is larger than ${MAX_BYTES} bytes`)
      chunks.push(chunk as Uint8Array)
    }
  } catch (error) {
    if (error instanceof PicketError) throw error
    throw failed(feed, reasonOf(error), error)
  }
  return withoutMark(Buffer.concat(chunks).toString('utf8'))
}

function readFile(path: string, givenAtMs: number | null): FeedText {
  try {
    const { size, mtimeMs } = statSync(path)
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    return { text: withoutMark(readFileSync(path, 'utf8')), givenAtMs: givenAtMs ?? mtimeMs }
  } catch (error) {
    throw new PicketError('ERR_FEED_READ', `cannot read ${path}: ${reasonOf(error)}`, {
      hint: 'check the path and who may read it',
      cause: error,
    })
  }
}

/** Without the byte order mark that Windows programs write; no JSON may begin with one. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '')

function readNote(feed: FeedConfig, directory: string): CacheNote | null {
  try {
    const note = JSON.parse(readFileSync(notePath(feed, directory), 'utf8')) as CacheNote
    return note.source === feed.source && Number.isFinite(note.givenAtMs) ? note : null
  } catch {
    // Never answered, or a note cut by a crash: it is asked for whole again.
    return null
  }
}

function keepNote(feed: FeedConfig, directory: string, note: CacheNote): void {
  replaceFile(notePath(feed, directory), JSON.stringify(note), 0o640)
}

const cachePath = ({ name }: FeedConfig, directory: string): string =>
  join(directory, 'feeds', `${name}.feed`)

const notePath = ({ name }: FeedConfig, directory: string): string =>
  join(directory, 'feeds', `${name}.json`)

function failed({ name, source }: FeedConfig, reason: string, cause?: unknown): PicketError {
  return new PicketError('ERR_FEED_READ', `feed ${name}: ${shownSource(source)}: ${reason}`, {
    hint: 'what it gave last stays in force until it expires',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The reason behind `fetch failed`: the innermost of the causes that says something. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? reasonOf(cause) : error.message
}
