/** From the configuration to what Node's TLS needs: files read and checked, and who must be at the other end. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls'
import { PicketError } from '../../core/errors.ts'
import { readRegularFile } from '../../core/files/regular-file.ts'
import type { TlsConfig } from './config.ts'

/** What `tls.connect`, undici and others take; nothing in it can turn the verification off. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'minVersion' | 'checkServerIdentity'
> & { readonly rejectUnauthorized: true }

/** Where distributions keep the authorities that the host trusts, a company's own included. */
const HOST_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
]
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Gives the options for a connection to `host`. To be called for each new connection, so that certificates
 * which were renewed on disk are taken up.
 *
 * Errors: `ERR_SINK_CONNECT`, which names the field, the file and what is wrong with it.
 */
export function tlsOptions(config: TlsConfig, host: string): TlsOptions {
  const name = config.serverName ?? host
  const authorities = authoritiesOf(config)
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...ownCertificate(config),
    // SNI has no addresses (RFC 6066 §3); without it Node would send the name it connects to.
    servername: isIP(name) === 0 ? name : '',
    minVersion: config.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) =>
      checkServerIdentity(name, certificate) ?? fingerprintFault(config.fingerprint, certificate),
  }
}

/** Undefined where neither configuration nor host name any: Node's own list then counts. */
function authoritiesOf({ caFile }: TlsConfig): string | undefined {
  if (caFile === undefined) {
    const ofHost = HOST_AUTHORITIES.find((file) => existsSync(file))
    return ofHost === undefined ? undefined : read('caFile', ofHost)
  }
  const text = read('caFile', caFile)
  certificatesIn('caFile', caFile, text)
  return text
}

function ownCertificate(config: TlsConfig): { cert?: string; key?: string } {
  const { certificateFile, keyFile } = config
  if (certificateFile === undefined && keyFile === undefined) return {}
  if (certificateFile === undefined) throw fault('tls.certificateFile is missing beside keyFile')
  if (keyFile === undefined) throw fault('tls.keyFile is missing beside certificateFile')
  const cert = read('certificateFile', certificateFile)
  const key = read('keyFile', keyFile)
  const [own] = certificatesIn('certificateFile', certificateFile, cert)
  if (!own!.checkPrivateKey(privateKey(keyFile, key))) {
    throw fault(`tls.keyFile is ${keyFile}, which is not the key of ${certificateFile}`)
  }
  return { cert, key }
}

function certificatesIn(field: string, file: string, text: string): readonly X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? []
  if (blocks.length === 0) throw fault(`tls.${field} is ${file}, which holds no PEM certificate`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw fault(`tls.${field} is ${file}, which holds a damaged certificate`, cause)
  }
}

function privateKey(file: string, text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    throw fault(`tls.keyFile is ${file}, which is encrypted; give a key without a passphrase`)
  }
  try {
    return createPrivateKey(text)
  } catch (cause) {
    throw fault(`tls.keyFile is ${file}, which holds no PEM private key`, cause)
  }
}

function fingerprintFault(
  expected: string | undefined,
  certificate: PeerCertificate,
): Error | undefined {
  const found = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  if (expected === undefined || found === expected.replaceAll(':', '').toLowerCase()) return
  return new Error(`the collector's certificate has the SHA-256 ${found}, not tls.fingerprint`)
}

function read(field: string, file: string): string {
  try {
    return readRegularFile(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw fault(`tls.${field} is ${file}, which cannot be read: ${reason}`, cause)
  }
}

const fault = (message: string, cause?: unknown): PicketError =>
  new PicketError('ERR_SINK_CONNECT', message, { cause })
