/**
 * Signatures of orders: whoever may write to the bus, only an orderer can order.
 *
 * Source: RFC 8032 (Ed25519). The signed bytes begin with a line of their own, so that a signature made for
 * anything else is none of an order.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PicketError } from '../../core/errors.ts'

const CONTEXT = new TextEncoder().encode('picket fleet order 1\n')
/** Headers of a message. */
export const SIGNATURE_HEADER = 'Picket-Signature'
export const ORDERER_HEADER = 'Picket-Orderer'

/** Signs an order's bytes. */
export function signatureOf(bytes: Uint8Array, key: KeyObject): string {
  return sign(null, withContext(bytes), key).toString('base64')
}

/** Makes the function that says whether bytes were signed by the orderer of this name. */
export function signatureChecker(
  orderers: readonly { readonly name: string; readonly publicKey: string }[],
): (name: string, signature: string, bytes: Uint8Array) => string | null {
  const keys = new Map(
    orderers.map(({ name, publicKey }) => {
      const der = Buffer.from(publicKey, 'base64')
      return [name, createPublicKey({ key: der, format: 'der', type: 'spki' })]
    }),
  )
  return (name, signature, bytes) => {
    const key = keys.get(name)
    if (name === '' || signature === '') return 'it is not signed'
    if (key === undefined) return `${JSON.stringify(name.slice(0, 64))} is none of fleet.orderers`
    const isSigned = verify(null, withContext(bytes), key, Buffer.from(signature, 'base64'))
    return isSigned ? null : `its signature is not that of ${name}`
  }
}

/** Reads the key that signs. Errors: `ERR_FLEET_ORDERER` naming the file and what is wrong with it. */
export function readSigningKey(file: string): KeyObject {
  const fault = (what: string, cause?: unknown): PicketError =>
    new PicketError('ERR_FLEET_ORDERER', `fleet.orderer.keyFile is ${file}, which ${what}`, {
      cause,
      hint: 'openssl genpkey -algorithm ed25519 -out FILE makes one',
    })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw fault(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch (cause) {
    throw fault('holds no PEM private key without a passphrase', cause)
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw fault(`holds a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`)
}

const withContext = (bytes: Uint8Array): Buffer => Buffer.concat([CONTEXT, bytes])
