/** selfsigned's home: a certificate of the agent's own, for hosts whose operator has given none. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { replaceFile } from '../../core/files/replace-file.ts'

const DAY_MS = 86_400_000
/** As long as clients accept. */
const LIFE_DAYS = 825
/** A new one is made at the first start this near to the end. */
const RENEW_DAYS = 30

export interface KeyPair {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

/**
 * Gives the agent's own certificate out of the data folder, making it (P-256, for `localhost`, the host's name and
 * all its addresses) where there is none or it ends within 30 days.
 *
 * Cost: a few ms to make. Errors: those of the file system.
 */
export async function ownCertificate(directory: string, nowMs: number): Promise<KeyPair> {
  const path = join(directory, 'api-certificate.pem')
  const kept = existsSync(path) ? pairOf(readFileSync(path, 'utf8')) : null
  if (kept !== null && lastsUntil(kept) > nowMs + RENEW_DAYS * DAY_MS) return kept
  const made = await makeCertificate(nowMs)
  // The key is its owner's alone.
  replaceFile(path, made.key + made.certificate, 0o600)
  return made
}

/** The file holds both; null where it holds neither. */
function pairOf(text: string): KeyPair | null {
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\r?\n?/g) ?? []
  const certificate = blocks.find((block) => block.includes('BEGIN CERTIFICATE'))
  const key = blocks.find((block) => block.includes('PRIVATE KEY'))
  return certificate === undefined || key === undefined ? null : { certificate, key }
}

function lastsUntil({ certificate }: KeyPair): number {
  try {
    return Date.parse(new X509Certificate(certificate).validTo)
  } catch {
    // What cannot be read is made anew.
    return 0
  }
}

async function makeCertificate(nowMs: number): Promise<KeyPair> {
  const { generate } = await import('selfsigned')
  const name = hostname()
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const own = [...new Set(['127.0.0.1', '::1', ...addresses.map(({ address }) => address)])]
  const pems = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + LIFE_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...[...new Set(['localhost', name])].map((value) => ({ type: 2 as const, value })),
          ...own.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  })
  return { certificate: ended(pems.cert), key: ended(pems.private) }
}

const ended = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`)
