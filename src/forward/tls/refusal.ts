/** Why a TLS connection did not come about, in words that say whose part is wrong. */

/** By the code of Node's or OpenSSL's error. */
const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the collector's certificate, or that of its authority, has expired",
  CERT_NOT_YET_VALID: "the collector's certificate is not valid yet; compare the clocks",
  CERT_REVOKED: "the collector's certificate was revoked",
  CERT_SIGNATURE_FAILURE: "the signature of the collector's certificate is wrong",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the collector's certificate is signed by itself, and tls.caFile does not hold it",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the collector's certificate is signed by an authority that is not trusted (tls.caFile)",
  UNABLE_TO_GET_ISSUER_CERT:
    "the collector's certificate is signed by an authority that is not trusted (tls.caFile)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the collector's certificate is signed by an authority that is not trusted (tls.caFile)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the collector's certificate is signed by an authority that is not trusted (tls.caFile)",
  INVALID_PURPOSE: "the collector's certificate is not meant for a server",
  ERR_TLS_CERT_ALTNAME_INVALID: "the collector's certificate is for another name",
  ERR_SSL_WRONG_VERSION_NUMBER: 'the collector does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the collector does not speak TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the collector speaks no version of TLS from tls.minVersion on',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION:
    'the collector speaks no version of TLS from tls.minVersion on',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the collector asks for a client certificate (tls.certificateFile)',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the collector refused the handshake; it may ask for a client certificate (tls.certificateFile)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    'the collector does not trust the authority of tls.certificateFile',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the collector refused tls.certificateFile',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the collector refused tls.certificateFile',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'the collector refused tls.certificateFile',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    'the collector refused tls.certificateFile, which has expired',
}

/** Gives a failure in words: its own message, with what it means before it where it is one of TLS. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ')
  if (!(cause instanceof Error)) return String(cause)
  const message = withoutOpensslNoise(cause.message.trim())
  const words = WORDS[String((cause as { code?: unknown }).code)] ?? WORDS[opensslCode(message)]
  return words === undefined ? message : `${words}: ${message}`
}

/** OpenSSL's messages begin with a thread id, behind what Node was about, and end with a file and line of its own. */
function withoutOpensslNoise(message: string): string {
  const found = /[0-9A-F]+:error:[0-9A-F]+:(.*?)(:\.\.\/.*)?$/is.exec(message)
  return found === null ? message : found[1]!
}

/** Where Node met the refusal while it wrote, the code is EPROTO, and what OpenSSL said stands in the message alone. */
function opensslCode(message: string): string {
  const reason = /^SSL routines:[^:]*:(.+)$/.exec(message)?.[1] ?? ''
  return `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
}
