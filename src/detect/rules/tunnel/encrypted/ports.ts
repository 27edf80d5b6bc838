/** The ports of DNS within TLS: RFC 7858 (DoT), RFC 8484 (DoH). */
export const DOT_PORT = 853
const DOH_PORT = 443

export function isEncryptedDnsPort(port: number): boolean {
  return port === DOH_PORT || port === DOT_PORT
}
