/** The fields of what applications say: each is read from a message or from the flow's sum of them. */
import { dnsRcodeName } from '../../../flow/index.ts'
import { fact } from './fact.ts'
import { field, type Field } from './field.ts'

interface Answer {
  readonly value: string | null
}

const DNS = 'dns-query dns-response'
const HELLO = 'tls-client-hello quic'

/** As Zeek has them, and as the resolver of Windows: 9000 and the number. */
const RCODE_NUMBERS = Object.fromEntries(
  Array.from({ length: 11 }, (_, rcode) => dnsRcodeName(rcode)).flatMap((name, rcode) => [
    [String(rcode), name],
    [String(9000 + rcode), name],
  ]),
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
  fact('requested_address requested_addr', 'dhcp', { of: 'requestedAddress', note: 'address the client asks for' }),
  fact('assigned_address assigned_addr', 'dhcp', { of: 'address', note: 'address the server gives' }),
  fact('server_id', 'dhcp', { of: 'serverId', note: 'who answers' }),
  fact('router', 'dhcp', { note: 'gateway that clients are told to use' }),
  fact('dns_server', 'dhcp', { of: 'dnsServer', note: 'resolver that clients are told to use' }),
] // prettier-ignore

export const SSH_FIELDS: readonly Field[] = [
  fact('client', 'end', { note: "the client's software" }),
  fact('server', 'end', { note: "the server's software" }),
  fact('hassh', 'end', { note: 'HASSH of the client' }),
  fact('hassh_server hasshServer', 'end', { of: 'hasshServer', note: 'HASSH of the server' }),
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
