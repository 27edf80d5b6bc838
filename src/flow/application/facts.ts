/**
 * What applications say, as read from their payloads: facts of a whole flow (`ApplicationFacts`, stored
 * with it) and single facts as they are read (`ApplicationFact`, told to detectors).
 *
 * All text is escaped (`\u{HEX}` for what must not be obeyed) and capped. Passwords, community strings
 * and authorization values are never kept. Null means "not seen".
 */
import type { Application } from './applications.ts'
import type { SentName } from './login/sent-name.ts'
import type { SipMessage } from './network/sip-message.ts'
import type { TlsCertificate, TlsClientHello, TlsFacts, TlsServerHello } from './tls/facts.ts'
import type { UnknownStream } from './unknown/stream-facts.ts'
import type { Http2Burden, HttpBody, HttpFacts, HttpRequest, HttpResponse } from './web/facts.ts'
import type {
  DcerpcCall,
  DcerpcFacts,
  DirectorySearch,
  KerberosFacts,
  KerberosMessage,
  LdapFacts,
  NtlmChallenge,
  SmbFact,
  SmbFacts,
  SmbProgram,
  SmbSign,
  SmbTool,
} from './windows/facts.ts'

export type * from './login/sent-name.ts'

export type * from './network/sip-message.ts'

export type * from './windows/facts.ts'

export type * from './unknown/stream-facts.ts'

export type * from './tls/facts.ts'

export type * from './web/facts.ts'

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

export interface RdpFacts {
  readonly kind: 'rdp'
  /** `mstshash` of the routing cookie: the user's name, often cut to nine letters. */
  readonly user: string | null
  /** Chosen by the server: `rdp`, `tls`, `credssp`…; null until it answered. */
  readonly security: string | null
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

/** A request or answer of SNMP 1 or 2c, under a community. Told, never stored. */
export interface SnmpCommunity {
  readonly kind: 'snmp-community'
  readonly isAnswer: boolean
  /** Equal for equal communities within one sensor, and of no other use. */
  readonly secret: number
  /** Likewise of all that a request asks for; null of an answer. */
  readonly question: number | null
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

/** Whose logins are read; those in a protocol that is not known are `unknown`. */
export type LoginApplication =
  | LoginFacts['kind']
  | DatabaseFacts['kind']
  | 'http'
  | 'kerberos'
  | 'ldap'
  | 'mqtt'
  | 'mssql'
  | 'redis'
  | 'rtsp'
  | 'sip'
  | 'smb'
  | 'snmp'
  | 'unknown'
  | 'vnc'

/** Somebody tried to log in, and this is how it ended. */
export interface LoginFact {
  readonly kind: 'login'
  readonly application: LoginApplication
  readonly outcome: 'failure' | 'success'
  readonly user: string | null
  /** The server's own code: `530`, `0xc000006d`, `28P01`; null where it has none. */
  readonly code: string | null
  /**
   * Equal for equal passwords within one sensor, and of no other use; null where the password was not
   * sent as it is.
   */
  readonly secret: number | null
}

/** Somebody offers a password; how it ended, if it did, is told as `LoginFact`. */
export interface LoginOffer {
  readonly kind: 'login-offer'
  readonly application: LoginApplication
  readonly user: string | null
  /** As a login's. */
  readonly secret: number
  /** The server spoke before, as it does first in all but HTTP; else its side may not be captured. */
  readonly isServerHeard: boolean
}

/** A user whom an SMTP client asks for: by VRFY or EXPN, or as a recipient whom the server has or has not. */
export interface MailUser {
  readonly kind: 'mail-user'
  readonly user: string
  readonly outcome: 'asked' | 'known' | 'unknown'
}

/** A line typed into a shell over Telnet, once somebody was let in, or FTP's SITE and PORT. Told, never stored. */
export interface TypedCommand {
  readonly kind: 'typed-command'
  readonly text: string
}

/** How one of the first questions begins that a client asks a database once it was let in. Told, never stored. */
export interface DatabaseQuery {
  readonly kind: 'database-query'
  readonly application: 'mysql' | 'postgresql' | 'mssql'
  readonly text: string
}

/** The first line one side said of itself. */
export interface BannerFact {
  readonly kind: 'banner'
  readonly application: Application
  readonly isFromResponder: boolean
  readonly text: string
}

/** The client of a clear RDP connection asks for a channel that only the server may make. */
export interface RdpChannel {
  readonly kind: 'rdp-channel'
  readonly name: string
}

/** What a TCP connection of no known application showed. */
export interface RawSign {
  readonly kind: 'raw-sign'
  readonly sign: 'shell' | 'nop-sled' | 'letter-filler' | 'java-object'
  readonly isFromResponder: boolean
  /** The words that gave it away, or the class; empty for bytes. */
  readonly text: string
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
  | DcerpcFacts
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
  | HttpBody
  | Http2Burden
  | LoginFact
  | LoginOffer
  | MailUser
  | TypedCommand
  | DatabaseQuery
  | BannerFact
  | SmbFact
  | SmbProgram
  | SmbSign
  | SmbTool
  | DcerpcCall
  | RawSign
  | RdpFacts
  | RdpChannel
  | SipMessage
  | SentName
  | KerberosMessage
  | DirectorySearch
  | NtlmChallenge
  | RedisCommand
  | QuicFacts
  | NtpFacts
  | SnmpFacts
  | SnmpCommunity
  | DhcpMessage
  | UnknownStream
