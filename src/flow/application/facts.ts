/**
 * What applications say, as read from their payloads: facts of a whole flow (`ApplicationFacts`, stored
 * with it) and single facts as they are read (`ApplicationFact`, told to detectors).
 *
 * All text is escaped (`\u{HEX}` for what must not be obeyed) and capped. Passwords, community strings
 * and authorization values are never kept. Null means "not seen".
 */
import type { Application } from './applications.ts'
import type { UnknownStream } from './unknown/stream-facts.ts'

export type * from './unknown/stream-facts.ts'

/** One resource record of an answer (RFC 1035 §4.1.3). */
export interface DnsAnswer {
  /** `A`, `CNAME`…, or `TYPE` and the number. */
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  /** An address, a name or text; null for types whose data is not read. */
  readonly value: string | null
}

/** One DNS message; `kind` is `dns` for mDNS too. */
export interface DnsMessage {
  readonly kind: 'dns'
  readonly isResponse: boolean
  readonly id: number
  readonly opcode: number
  /** The first question's name in lower case, without the root's dot; null when there is none. */
  readonly query: string | null
  readonly type: string | null
  /** `NOERROR`, `NXDOMAIN`…, with EDNS's upper bits; null in a query. */
  readonly rcode: string | null
  readonly questionCount: number
  readonly answerCount: number
  readonly authorityCount: number
  readonly additionalCount: number
  /** The first ones. */
  readonly answers: readonly DnsAnswer[]
  readonly isAuthoritative: boolean
  readonly isTruncated: boolean
  /** What EDNS offers to take (RFC 6891 §6.2.3); null without EDNS. */
  readonly ednsPayloadBytes: number | null
  /** EDNS's DO bit: signatures are wanted. */
  readonly wantsDnssec: boolean
  /** Of the message on the wire. */
  readonly messageBytes: number
}

export interface DnsFacts {
  readonly kind: 'dns'
  /** Of the flow's first query. */
  readonly query: string | null
  readonly type: string | null
  /** Of the flow's first answer. */
  readonly rcode: string | null
  readonly answers: readonly DnsAnswer[]
  readonly queries: number
  readonly responses: number
  /** Responses with an rcode other than NOERROR. */
  readonly failures: number
  readonly ednsPayloadBytes: number | null
  readonly wantsDnssec: boolean
}

export interface TlsClientHello {
  readonly kind: 'tls-client-hello'
  /** Highest offered: `TLS 1.3`. */
  readonly version: string
  readonly sni: string | null
  /** Offered, in the client's order. */
  readonly alpn: readonly string[]
  readonly ja3: string
  readonly ja4: string
}

export interface TlsServerHello {
  readonly kind: 'tls-server-hello'
  readonly version: string
  /** IANA number of the cipher suite. */
  readonly cipher: number
  readonly ja3s: string
}

/** The server's own certificate (TLS 1.2 and before, where it is not encrypted). */
export interface TlsCertificate {
  readonly kind: 'tls-certificate'
  /** Common names. */
  readonly subject: string | null
  readonly issuer: string | null
  /** Subject and issuer are the same name. */
  readonly isSelfSigned: boolean
  /** As written, made RFC 3339. */
  readonly notBefore: string | null
  readonly notAfter: string | null
}

export interface TlsFacts {
  readonly kind: 'tls'
  /** Chosen by the server, else the highest offered. */
  readonly version: string | null
  readonly sni: string | null
  readonly alpn: readonly string[]
  readonly ja3: string | null
  readonly ja4: string | null
  readonly cipher: number | null
  readonly ja3s: string | null
  readonly subject: string | null
  readonly issuer: string | null
  readonly isSelfSigned: boolean | null
  readonly notBefore: string | null
  readonly notAfter: string | null
  /** Description of the first alert in the clear (RFC 8446 §6). */
  readonly alert: number | null
}

export interface QuicFacts {
  readonly kind: 'quic'
  /** `1`, `2`, `draft-29`, or the number in hexadecimal. */
  readonly version: string
  readonly destinationIdBytes: number
  readonly sourceIdBytes: number
  readonly sni: string | null
  readonly alpn: readonly string[]
  readonly ja4: string | null
}

export interface HttpRequest {
  readonly kind: 'http-request'
  readonly method: string
  readonly uri: string
  readonly host: string | null
  readonly userAgent: string | null
  readonly contentType: string | null
  /** Scheme of the Authorization header in lower case (`basic`); never its value. */
  readonly authScheme: string | null
  /** Content-Length; null when absent. */
  readonly contentBytes: number | null
  /** Which of the headers that browsers send were there. */
  readonly hasAccept: boolean
  readonly hasAcceptLanguage: boolean
  readonly hasReferer: boolean
  readonly hasCookie: boolean
}

export interface HttpResponse {
  readonly kind: 'http-response'
  readonly status: number
  readonly contentType: string | null
  readonly server: string | null
  readonly contentBytes: number | null
}

export interface HttpFacts {
  readonly kind: 'http'
  /** Of the flow's first request. */
  readonly method: string | null
  readonly uri: string | null
  readonly host: string | null
  readonly userAgent: string | null
  readonly authScheme: string | null
  /** Of the flow's first response. */
  readonly status: number | null
  readonly contentType: string | null
  readonly server: string | null
  readonly requests: number
  readonly responses: number
  /** Responses with a status of 400 to 499, and from 500 on. */
  readonly clientErrors: number
  readonly serverErrors: number
  /** Responses 401 and 407. */
  readonly authFailures: number
}

export interface SshFacts {
  readonly kind: 'ssh'
  readonly client: string | null
  readonly server: string | null
  readonly hassh: string | null
  readonly hasshServer: string | null
}

/** FTP, SMTP, POP3, IMAP and Telnet: who greeted, who logged in, how often it failed. */
export interface LoginFacts {
  readonly kind: 'ftp' | 'smtp' | 'pop3' | 'imap' | 'telnet'
  /** The server's first line. */
  readonly banner: string | null
  /** As first given; SMTP: what the client called itself in EHLO stands in `client`. */
  readonly user: string | null
  readonly client: string | null
  readonly authFailures: number
  readonly authSuccesses: number
  /** The client went over to TLS: the rest is not read. */
  readonly startsTls: boolean
}

export interface SmbFacts {
  readonly kind: 'smb'
  /** `1`, `2.0.2`, `2.1`, `3.0`, `3.0.2`, `3.1.1`. */
  readonly dialect: string | null
  /** From NTLM: `DOMAIN\user`. */
  readonly user: string | null
  readonly workstation: string | null
  /** Shares connected to and files or pipes opened: the first ones. */
  readonly trees: readonly string[]
  readonly names: readonly string[]
  readonly opens: number
  readonly authFailures: number
  readonly authSuccesses: number
  /** NT status of the last session setup that ended, as `0xc000006d`. */
  readonly sessionStatus: string | null
  readonly isEncrypted: boolean
}

export interface RdpFacts {
  readonly kind: 'rdp'
  /** `mstshash` of the routing cookie: the user's name, often cut to nine letters. */
  readonly user: string | null
  /** Chosen by the server: `rdp`, `tls`, `credssp`…; null until it answered. */
  readonly security: string | null
}

export interface KerberosMessage {
  readonly kind: 'kerberos'
  /** `AS-REQ`, `AS-REP`, `TGS-REQ`, `TGS-REP`, `AP-REQ`, `KRB-ERROR`. */
  readonly message: string
  readonly client: string | null
  readonly realm: string | null
  readonly service: string | null
  /** RFC 4120 §7.5.9: 24 is a wrong password, 25 asks for pre-authentication. */
  readonly errorCode: number | null
  /** Encryption types offered in a request, or of the ticket in a reply; 23 is RC4. */
  readonly encryptionTypes: readonly number[]
  readonly hasPreauthentication: boolean
}

export interface KerberosFacts extends Omit<KerberosMessage, 'message'> {
  /** Of the flow's first message. */
  readonly message: string | null
  readonly requests: number
  readonly errors: number
  readonly authFailures: number
  readonly authSuccesses: number
}

export interface LdapFacts {
  readonly kind: 'ldap'
  readonly bindDn: string | null
  /** `simple`, or the SASL mechanism. */
  readonly mechanism: string | null
  readonly resultCode: number | null
  readonly searches: number
  readonly authFailures: number
  readonly authSuccesses: number
}

export interface DatabaseFacts {
  readonly kind: 'mysql' | 'postgresql'
  readonly version: string | null
  readonly user: string | null
  readonly database: string | null
  readonly errorCode: string | null
  readonly authFailures: number
  readonly authSuccesses: number
  readonly startsTls: boolean
}

export interface RedisFacts {
  readonly kind: 'redis'
  /** The first command's name, with its subcommand where it has one. */
  readonly command: string | null
  readonly commands: number
  /** Commands refused for want of a login. */
  readonly refusals: number
  readonly authFailures: number
  readonly authSuccesses: number
}

/** One command; its arguments are not kept, but for a subcommand's name (`CONFIG SET`). */
export interface RedisCommand {
  readonly kind: 'redis-command'
  readonly command: string
}

export interface NtpFacts {
  readonly kind: 'ntp'
  readonly version: number
  /** RFC 5905 §3: 1 and 2 symmetric, 3 client, 4 server, 5 broadcast, 6 control, 7 private. */
  readonly mode: number
  /** A private-mode request for the list of recent clients: amplification. */
  readonly isMonlist: boolean
  readonly messages: number
}

export interface SnmpFacts {
  readonly kind: 'snmp'
  readonly version: '1' | '2c' | '3'
  /** Never the community itself; null in version 3. */
  readonly communityBytes: number | null
  /** `get`, `get-next`, `response`, `set`, `trap`, `get-bulk`, `inform`, `trap2`, `report`. */
  readonly pdu: string | null
  readonly messages: number
}

/** One DHCP message (RFC 2131). */
export interface DhcpMessage {
  readonly kind: 'dhcp'
  /** `discover`, `offer`…, or `bootp`. */
  readonly message: string
  readonly clientMac: string
  /** Given to the client. */
  readonly address: string | null
  readonly requestedAddress: string | null
  readonly hostname: string | null
  readonly vendorClass: string | null
  readonly serverId: string | null
  /** What the server tells the client to use; a false server names itself. */
  readonly router: string | null
  readonly dnsServer: string | null
}

export interface DhcpFacts extends DhcpMessage {
  readonly messages: number
}

/** Somebody tried to log in, and this is how it ended. */
export interface LoginFact {
  readonly kind: 'login'
  readonly application: Application
  readonly outcome: 'failure' | 'success'
  readonly user: string | null
  /** The server's own code: `530`, `0xc000006d`, `28P01`; null where it has none. */
  readonly code: string | null
}

/** The first line one side said of itself. */
export interface BannerFact {
  readonly kind: 'banner'
  readonly application: Application
  readonly isFromResponder: boolean
  readonly text: string
}

/** An SMB share was connected to, or a file or pipe opened. */
export interface SmbFact {
  readonly kind: 'smb-tree' | 'smb-open'
  readonly name: string
}

/** What a flow's application said, in sum; `kind` tells which application (`dns` for mDNS too). */
export type ApplicationFacts =
  | DnsFacts
  | TlsFacts
  | QuicFacts
  | HttpFacts
  | SshFacts
  | LoginFacts
  | SmbFacts
  | RdpFacts
  | KerberosFacts
  | LdapFacts
  | DatabaseFacts
  | RedisFacts
  | NtpFacts
  | SnmpFacts
  | DhcpFacts

/** One thing an application said, told at once; `QuicFacts` and the like come with the first message. */
export type ApplicationFact =
  | DnsMessage
  | TlsClientHello
  | TlsServerHello
  | TlsCertificate
  | HttpRequest
  | HttpResponse
  | LoginFact
  | BannerFact
  | SmbFact
  | RdpFacts
  | KerberosMessage
  | RedisCommand
  | QuicFacts
  | NtpFacts
  | SnmpFacts
  | DhcpMessage
  | UnknownStream
