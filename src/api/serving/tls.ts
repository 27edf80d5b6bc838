/** What the API's TLS is made of: the operator's certificate or the agent's own, and who signs its clients'. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { PicketError } from '../../core/errors.ts'
import type { ApiConfig } from '../config.ts'
import { ownCertificate, type KeyPair } from './own-certificate.ts'

/** TLS as the listener needs it. */
export interface ServerTls {
  readonly options: SecureContextOptions & {
    readonly requestCert: boolean
    readonly rejectUnauthorized: boolean
  }
  /** SHA-256 of the certificate, as clients print it. */
  readonly fingerprint: string
  /** Whether Picket made it: no client trusts it unless it is told the fingerprint. */
  readonly isOwn: boolean
}

/**
 * Reads the certificates that the configuration names, or makes the agent's own; null where TLS is off.
 *
 * Errors: `ERR_API_LISTEN` when a file cannot be read, is none, or key and certificate do not fit.
 */
export async function serverTls(
  config: ApiConfig['tls'],
  directory: string,
  nowMs: number,
): Promise<ServerTls | null> {
  if (!config.enabled) return null
  if ((config.certificate === null) !== (config.key === null)) {
    const missing = config.key === null ? 'key' : 'certificate'
    throw new PicketError('ERR_API_LISTEN', `api.tls.${missing} is missing`, {
      hint: 'give both api.tls.certificate and api.tls.key, or neither for a certificate that Picket makes',
    })
  }
  const pair = operatorsPair(config) ?? (await ownCertificate(directory, nowMs))
  const ca = config.clientCa === null ? null : fileOf('clientCa', config.clientCa)
  const secrets = {
    cert: pair.certificate,
    key: pair.key,
    ...(ca === null ? {} : { ca }),
    minVersion: 'TLSv1.2' as const,
  }
  return {
    // A client without a certificate may still bring a token; one with a bad certificate gets no more by it.
    options: { ...checked(secrets), requestCert: ca !== null, rejectUnauthorized: false },
    fingerprint: new X509Certificate(pair.certificate).fingerprint256,
    isOwn: config.certificate === null,
  }
}

function operatorsPair({ certificate, key }: ApiConfig['tls']): KeyPair | null {
  if (certificate === null || key === null) return null
  return { certificate: fileOf('certificate', certificate), key: fileOf('key', key) }
}

function fileOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new PicketError('ERR_API_LISTEN', `api.tls.${name}: cannot read ${path}: ${code}`, {
      cause,
      hint: 'name a PEM file that the agent may read',
    })
  }
}

/** Tells now, in words, what would fail at the first connection. */
function checked<Options extends SecureContextOptions>(options: Options): Options {
  try {
    createSecureContext(options)
    return options
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PicketError('ERR_API_LISTEN', `the certificates of api.tls do not work: ${reason}`, {
      cause,
      hint: 'they are PEM; the key is unencrypted and belongs to the certificate',
    })
  }
}
