/** The fields of HTTP, as servers log it and as proxies do. */
import { fact, textOrNull } from './fact.ts'
import { field, type Field, type FieldType, type FieldValue } from './field.ts'
import { extensionOf, hostSpellings, pathOf, querySpellings, uriSpellings } from './url-parts.ts'

const REQUEST = 'http-request http-exchange'

/** Request and response both have the property; an exchange is the response with its request beside it. */
const ofRequest = (name: string, type: FieldType, property: string, note: string): Field =>
  field({
    ...{ names: [name], type, moments: ['http-request', 'http-exchange'], isInSum: false, note },
    read: ({ facts }) => {
      const request = 'request' in facts ? facts['request'] : facts
      return (request as Record<string, FieldValue> | null)?.[property] ?? null
    },
  })

/** A part of the request's target, or the host that it was sent to. */
const ofTarget = (
  names: string,
  note: string,
  read: (uri: string | null, host: string | null) => FieldValue,
): Field =>
  field({
    ...{ names: names.split(' '), type: 'text', isSpelled: true, note },
    moments: ['http-request', 'http-exchange'],
    read: ({ facts }) => read(textOrNull(facts['uri']), textOrNull(facts['host'])),
  })

/** The same whoever logs it. */
const WEB_FIELDS: readonly Field[] = [
  fact('cs-method method c-method http.request.method', REQUEST, { of: 'method', note: 'GET, POST …' }),
  ofTarget('cs-uri-stem c-uri-stem url.path', 'path of the request', (uri) => uri && pathOf(uri)),
  ofTarget('cs-uri-query c-uri-query url.query', 'query of the request; by itself, and with the path', (uri) => uri && querySpellings(uri)),
  ofTarget('c-uri-extension url.extension', 'what follows the last dot of the path: exe, php …', (uri) => uri && extensionOf(uri)),
  ofTarget('cs-host host c-uri-host r-dns url.domain', "the Host field, or the authority of a proxy's request; without its port, and with it", (_uri, host) => host && hostSpellings(host)),
  fact('c-useragent cs-user-agent user_agent cs(User-Agent) UserAgent useragent user_agent.original', REQUEST, { of: 'userAgent', note: 'User-Agent, up to 256 characters' }),
  fact('auth_scheme', REQUEST, { of: 'authScheme', note: 'scheme of the Authorization field: basic, bearer …' }),
  ofRequest('cs-content-type', 'text', 'contentType', 'Content-Type of the request'),
  ofRequest('request_body_len', 'number', 'contentBytes', 'Content-Length of the request'),
  fact('sc-status status_code status http.response.status_code', 'http-exchange', { of: 'status', type: 'number', note: 'status of the response' }),
  fact('sc-content-type resp_mime_types content_type', 'http-exchange', { of: 'contentType', note: 'Content-Type of the response' }),
  fact('server', 'http-exchange', { note: 'the Server field of the response' }),
] // prettier-ignore

const URI_NAMES = 'c-uri uri cs-uri url url.original'

export const HTTP_FIELDS: readonly Field[] = [
  fact(URI_NAMES, REQUEST, { of: 'uri', note: 'target of the request, path and query' }),
  ...WEB_FIELDS,
]

export const PROXY_FIELDS: readonly Field[] = [
  ofTarget(`${URI_NAMES} url.full`, 'the URL, and path and query by themselves', (uri, host) =>
    uri === null ? null : uriSpellings(uri, host),
  ),
  ...WEB_FIELDS,
]
