/** The fields of what applications say: each is read from a message or from the flow's sum of them. */
import { dnsRcodeName } from '../../../flow/index.ts'
import { operationName } from './rpc-operations.ts'
import { extensionOf, hostSpellings, pathOf, querySpellings, uriSpellings } from './url-parts.ts'
import { field, type Field, type FieldType, type FieldValue, type Moment } from './field.ts'

interface Told {
  readonly type?: FieldType
  readonly isInSum?: boolean
  /** The property of the facts, where it is not called as the field. */
  readonly of?: string
  readonly synonyms?: Field['synonyms']
  readonly note: string
}

/** A field whose value is a property of the facts. */
function fact(
  names: string,
  moments: string,
  { of, type = 'text', isInSum = true, synonyms = {}, note }: Told,
): Field {
  const list = names.split(' ')
  const property = of ?? list[0]!
  return field({
    ...{ names: list, type, moments: moments.split(' ') as Moment[], isInSum, synonyms, note },
    read: ({ facts }) => (facts[property] ?? null) as FieldValue,
  })
}

interface Answer {
  readonly value: string | null
}

const DNS = 'dns-query dns-response'
const HELLO = 'tls-client-hello quic'
const REQUEST = 'http-request http-exchange'

/** As Zeek has them, and as the resolver of Windows: 9000 and the number. */
const RCODE_NUMBERS = Object.fromEntries(
  Array.from({ length: 11 }, (_, rcode) => [rcode, dnsRcodeName(rcode)] as const).flatMap(
    ([rcode, name]) => [
      [String(rcode), name],
      [String(rcode === 0 ? 0 : 9000 + rcode), name],
    ],
  ),
)

export const DNS_FIELDS: readonly Field[] = [
  fact('query QueryName question_name dns.question.name', DNS, { note: "the first question's name in lower case" }),
  fact('record_type qtype_name QueryType type dns.question.type', DNS, { of: 'type', note: 'A, AAAA, TXT, ANY …' }),
  field({
    ...{ names: ['answer', 'answers', 'QueryResults', 'dns.answers.data'], type: 'text', moments: ['dns-response'] },
    note: 'values of the answers: addresses, names, texts',
    read: ({ facts }) => ((facts['answers'] ?? []) as Answer[]).flatMap(({ value }) => value ?? []),
  }),
  fact('rcode_name rcode QueryStatus dns.response.code', 'dns-response', { of: 'rcode', synonyms: RCODE_NUMBERS, note: 'NOERROR, NXDOMAIN …, or its number' }),
  fact('answer_count', 'dns-response', { of: 'answerCount', type: 'number', isInSum: false, note: 'answers in the message' }),
  fact('message_bytes', DNS, { of: 'messageBytes', type: 'number', isInSum: false, note: 'bytes of the message' }),
] // prettier-ignore

export const TLS_FIELDS: readonly Field[] = [
  fact('server_name sni tls.sni cs-host tls.client.server_name', HELLO, { of: 'sni', note: 'server name the client asked for (TLS and QUIC)' }),
  fact('alpn next_protocol', HELLO, { of: 'alpn', note: 'protocols the client offered' }),
  fact('ja4 tls.client.ja4', HELLO, { note: "JA4 of the client's hello" }),
  fact('ja3 tls.client.ja3', 'tls-client-hello', { note: "JA3 of the client's hello" }),
  fact('client_version', 'tls-client-hello', { of: 'version', isInSum: false, note: 'highest version offered: TLS 1.2' }),
  fact('version', 'tls-server-hello', { note: 'version the server chose: SSL 3.0, TLS 1.0 … TLS 1.3' }),
  fact('cipher', 'tls-server-hello', { type: 'number', note: 'IANA number of the cipher suite chosen' }),
  fact('ja3s tls.server.ja3s', 'tls-server-hello', { note: "JA3S of the server's hello" }),
  fact('subject certificate.subject', 'tls-certificate', { of: 'subject', note: "name of the server's certificate (before TLS 1.3)" }),
  fact('issuer certificate.issuer', 'tls-certificate', { of: 'issuer', note: 'who issued it' }),
  fact('is_self_signed', 'tls-certificate', { of: 'isSelfSigned', type: 'boolean', note: 'subject and issuer are the same' }),
  fact('not_after', 'tls-certificate', { of: 'notAfter', note: 'until when it is valid, RFC 3339' }),
] // prettier-ignore

/** Request and response both have the property; an exchange is the response with its request beside it. */
const ofRequest = (name: string, type: FieldType, property: string, note: string): Field =>
  field({
    ...{ names: [name], type, moments: ['http-request', 'http-exchange'], isInSum: false, note },
    read: ({ facts }) => {
      const request = (facts['request'] ?? facts) as Record<string, FieldValue>
      return request[property] ?? null
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

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

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

export const SMB_FIELDS: readonly Field[] = [
  field({
    ...{ names: ['share', 'ShareName', 'share_name', 'path'], type: 'text', moments: ['smb-tree'] },
    note: 'share connected to: \\\\host\\IPC$',
    read: ({ facts }) => (facts['trees'] ?? facts['name'] ?? null) as FieldValue,
  }),
  field({
    names: ['file', 'RelativeTargetName', 'name', 'filename', 'PipeName'],
    ...{ type: 'text', moments: ['smb-open'], note: 'file or pipe opened' },
    read: ({ facts }) => (facts['names'] ?? facts['name'] ?? null) as FieldValue,
  }),
  fact('dialect', 'end', { note: '1, 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1' }),
  fact('user SubjectUserName', 'end', { of: 'user', note: 'DOMAIN\\user, from NTLM' }),
  fact('workstation', 'end', { note: "the client's own name, from NTLM" }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused logins of the flow' }),
  fact('is_encrypted', 'end', { of: 'isEncrypted', type: 'boolean', note: 'SMB encryption was used' }),
] // prettier-ignore

export const RDP_FIELDS: readonly Field[] = [
  fact('user cookie', 'rdp', { note: 'name in the routing cookie' }),
  fact('security security_protocol', 'rdp', { note: 'chosen by the server: rdp, tls, credssp …' }),
]

export const RPC_FIELDS: readonly Field[] = [
  fact('endpoint interface', 'dcerpc', { of: 'interface', isInSum: false, synonyms: { efs: 'efsrpc' }, note: 'interface by name (svcctl, samr …), else its UUID' }),
  fact('opnum', 'dcerpc', { type: 'number', isInSum: false, note: 'number of the call; none where the client binds to the interface' }),
  field({
    ...{ names: ['operation'], type: 'text', moments: ['dcerpc'], isInSum: false },
    note: 'name of the call, where it is known: CreateServiceW, DRSGetNCChanges …',
    read: ({ facts }) => operationName(textOrNull(facts['interface']), (facts['opnum'] ?? null) as number | null),
  }),
] // prettier-ignore

/** IANA's names, as Zeek writes them. */
const CIPHERS: Readonly<Record<number, string>> = {
  ...{ 1: 'des-cbc-crc', 3: 'des-cbc-md5', 17: 'aes128-cts-hmac-sha1-96' },
  ...{ 18: 'aes256-cts-hmac-sha1-96', 23: 'rc4-hmac', 24: 'rc4-hmac-exp' },
}

export const KERBEROS_FIELDS: readonly Field[] = [
  field({
    ...{ names: ['message', 'request_type'], type: 'text', moments: ['kerberos'], isSpelled: true },
    note: 'AS-REQ, AS-REP, TGS-REQ, TGS-REP, AP-REQ, KRB-ERROR; or without what stands behind the dash',
    read: ({ facts }) => {
      const message = textOrNull(facts['message'])
      return message === null ? null : [message, message.replace(/-RE[QP]$/, '')]
    },
  }),
  fact('client TargetUserName', 'kerberos', { note: 'principal who asks' }),
  fact('realm', 'kerberos', { note: 'realm' }),
  fact('service ServiceName', 'kerberos', { note: 'service asked for' }),
  fact('error_code Status', 'kerberos', { of: 'errorCode', type: 'number', note: 'RFC 4120 §7.5.9: 24 is a wrong password' }),
  fact('encryption_types TicketEncryptionType', 'kerberos', { of: 'encryptionTypes', type: 'number', note: 'offered, or of the ticket; 23 is RC4' }),
  field({
    ...{ names: ['cipher'], type: 'text', moments: ['kerberos'] },
    note: 'the same of the ticket alone, by name: rc4-hmac, aes256-cts-hmac-sha1-96 …',
    read: ({ facts }) => {
      if (textOrNull(facts['message'])?.endsWith('-REP') !== true) return null
      return ((facts['encryptionTypes'] ?? []) as number[]).map((type) => CIPHERS[type] ?? String(type))
    },
  }),
  fact('has_preauthentication', 'kerberos', { of: 'hasPreauthentication', type: 'boolean', note: 'the request proves who asks' }),
] // prettier-ignore

export const REDIS_FIELDS: readonly Field[] = [
  fact('command', 'redis-command', {
    note: 'command in upper case, with its subcommand: CONFIG SET',
  }),
]

export const NTP_FIELDS: readonly Field[] = [
  fact('mode', 'ntp', { type: 'number', note: '3 client, 4 server, 6 control, 7 private' }),
  fact('version', 'ntp', { type: 'number', note: 'version' }),
  fact('is_monlist', 'ntp', {
    of: 'isMonlist',
    type: 'boolean',
    note: 'asks for the list of recent clients',
  }),
]

export const SNMP_FIELDS: readonly Field[] = [
  fact('version', 'snmp', { note: '1, 2c or 3' }),
  fact('pdu', 'snmp', { note: 'get, get-next, get-bulk, set, response, trap …' }),
  fact('community_bytes', 'snmp', { of: 'communityBytes', type: 'number', note: 'length of the community, which is never kept' }),
] // prettier-ignore

export const DHCP_FIELDS: readonly Field[] = [
  fact('message msg_types', 'dhcp', { note: 'discover, offer, request, ack …' }),
  fact('mac client_mac', 'dhcp', { of: 'clientMac', note: "the client's MAC address" }),
  fact('hostname host_name', 'dhcp', { note: "the client's name" }),
  fact('vendor_class', 'dhcp', { of: 'vendorClass', note: 'vendor class' }),
  fact('server_id', 'dhcp', { of: 'serverId', note: 'who answers' }),
  fact('router', 'dhcp', { note: 'gateway that clients are told to use' }),
  fact('dns_server', 'dhcp', { of: 'dnsServer', note: 'resolver that clients are told to use' }),
]

export const SSH_FIELDS: readonly Field[] = [
  fact('client', 'end', { note: "the client's software" }),
  fact('server', 'end', { note: "the server's software" }),
  fact('hassh', 'end', { note: 'HASSH of the client' }),
  fact('hassh_server hasshServer', 'end', { of: 'hasshServer', note: 'HASSH of the server' }),
]

export const LDAP_FIELDS: readonly Field[] = [
  fact('bind_dn', 'end', { of: 'bindDn', note: 'who binds' }),
  fact('mechanism', 'end', { note: 'simple, or the SASL mechanism' }),
  fact('result_code', 'end', { of: 'resultCode', type: 'number', note: 'result of the bind' }),
  fact('searches', 'end', { type: 'number', note: 'searches of the flow' }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused binds' }),
]

/** FTP, SMTP, POP3, IMAP, Telnet. */
export const SESSION_FIELDS: readonly Field[] = [
  fact('banner', 'end', { note: "the server's first line" }),
  fact('user', 'end', { note: 'as first given' }),
  fact('client helo', 'end', { of: 'client', note: 'SMTP: what the client called itself' }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused logins' }),
  fact('auth_successes', 'end', { of: 'authSuccesses', type: 'number', note: 'logins' }),
  fact('starts_tls', 'end', { of: 'startsTls', type: 'boolean', note: 'went over to TLS' }),
]

export const DATABASE_FIELDS: readonly Field[] = [
  fact('user', 'end', { note: 'who logs in' }),
  fact('database', 'end', { note: 'to which database' }),
  fact('server_version', 'end', { of: 'version', note: "the server's version" }),
  fact('error_code', 'end', { of: 'errorCode', note: 'the first error' }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused logins' }),
  fact('auth_successes', 'end', { of: 'authSuccesses', type: 'number', note: 'logins' }),
  fact('starts_tls', 'end', { of: 'startsTls', type: 'boolean', note: 'went over to TLS' }),
]

export const LOGIN_FIELDS: readonly Field[] = [
  fact('login_service', 'login', {
    of: 'application',
    isInSum: false,
    note: 'ssh, ftp, smb, mysql …',
  }),
  fact('outcome', 'login', { isInSum: false, note: 'failure or success' }),
  fact('user TargetUserName', 'login', { isInSum: false, note: 'who' }),
  fact('code', 'login', { isInSum: false, note: "the server's own code: 530, 0xc000006d, 28P01" }),
]

export const BANNER_FIELDS: readonly Field[] = [
  fact('banner_service', 'banner', { of: 'application', isInSum: false, note: 'ssh, ftp, smtp …' }),
  fact('text banner', 'banner', { isInSum: false, note: 'the first line one side said' }),
  fact('from_server', 'banner', { of: 'isFromResponder', type: 'boolean', isInSum: false, note: 'who said it' }),
] // prettier-ignore
