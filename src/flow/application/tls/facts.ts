/** What TLS says before it is encrypted: hellos, the server's certificate, and what is known of a whole flow. */

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
