/** Which far ends answer DNS over TLS or HTTPS: the well-known ones, and what says so in its name. */
import { DOT_PORT } from './ports.ts'

/** Public resolvers whose names do not say it. */
const NAMES: ReadonlySet<string> = new Set([
  'cloudflare-dns.com',
  'one.one.one.one',
  'family.cloudflare-dns.com',
  'security.cloudflare-dns.com',
])

/** A label of its own, as operators of resolvers have it: `dns.google`, `doh.opendns.com`, `mozilla.cloudflare-dns.com`. */
const SAYS_SO = /(?:^|[.-])(?:dns|doh|dot|resolver)\d{0,2}(?=[.-])/i

/** The same for those who name no server: their clients know the address by heart. */
const ADDRESSES: ReadonlySet<string> = new Set([
  '1.1.1.1', '1.0.0.1', '1.1.1.2', '1.0.0.2', '1.1.1.3', '1.0.0.3', '104.16.248.249', '104.16.249.249',
  '8.8.8.8', '8.8.4.4', '9.9.9.9', '9.9.9.10', '9.9.9.11', '149.112.112.112', '208.67.222.222', '208.67.220.220',
  '94.140.14.14', '94.140.15.15', '176.103.130.130', '176.103.130.131', '185.228.168.168', '185.228.168.9',
  '2606:4700:4700::1111', '2606:4700:4700::1001', '2001:4860:4860::8888', '2001:4860:4860::8844', '2620:fe::fe',
]) // prettier-ignore

/** Says whether TLS to this port of this far end is most likely DNS within. */
export function isEncryptedResolver(port: number, name: string | null, address: string): boolean {
  if (port === DOT_PORT || ADDRESSES.has(address)) return true
  return name !== null && (NAMES.has(name) || SAYS_SO.test(name))
}
