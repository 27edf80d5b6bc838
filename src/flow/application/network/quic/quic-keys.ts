/**
 * The keys of QUIC's first packets: made from a number that the client sends in the clear, so that middleboxes
 * cannot meddle with what they do not know, not to keep a secret.
 *
 * Source: RFC 9001 §5.2 and §5.4 (version 1), RFC 9369 §3.3 (version 2), draft-ietf-quic-tls-29 §5.2.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

const HASH_BYTES = 32
const KEY_BYTES = 16
const IV_BYTES = 12
const TAG_BYTES = 16

/** What a version makes its keys with. */
interface Recipe {
  readonly salt: Buffer
  /** Of its labels: `quic key`, `quicv2 key`. */
  readonly prefix: string
}

const recipe = (salt: string, prefix: string): Recipe => ({
  salt: Buffer.from(salt, 'hex'),
  prefix,
})
const VERSION_1 = recipe('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'quic')
const VERSION_2 = recipe('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'quicv2')
const DRAFT_29 = recipe('afbfec289993d24c9e9786f19c6111e04390a899', 'quic')

/** By version number; others have keys that nobody uses any more. */
function recipeOf(version: number): Recipe | null {
  if (version === 1 || version === 0xff000021 || version === 0xff000022) return VERSION_1
  if (version === 0x6b3343cf) return VERSION_2
  return version >= 0xff00001d && version <= 0xff000020 ? DRAFT_29 : null
}

/** What the client's Initial packets are protected by. */
export class InitialKeys {
  readonly #key: Buffer
  readonly #iv: Buffer
  readonly #headerKey: Buffer

  private constructor(secret: Buffer, prefix: string) {
    this.#key = expand(secret, `${prefix} key`, KEY_BYTES)
    this.#iv = expand(secret, `${prefix} iv`, IV_BYTES)
    this.#headerKey = expand(secret, `${prefix} hp`, KEY_BYTES)
  }

  /** Those of a client that chose this destination; null for a version whose keys are not known. Cost: some 20 µs. */
  static of(version: number, destinationId: Uint8Array): InitialKeys | null {
    const found = recipeOf(version)
    if (found === null) return null
    const initial = createHmac('sha256', found.salt).update(destinationId).digest()
    return new InitialKeys(expand(initial, 'client in', HASH_BYTES), found.prefix)
  }

  /** The five bytes that hide the packet's number and its length (RFC 9001 §5.4.1), by a sample of what is encrypted. */
  mask(sample: Uint8Array): Buffer {
    return createCipheriv('aes-128-ecb', this.#headerKey, null).update(sample)
  }

  /** Decrypts what stands behind a header whose protection was taken off; null where it is not what was sent. */
  open(header: Uint8Array, packetNumber: number, protectedBytes: Uint8Array): Buffer | null {
    const nonce = Buffer.from(this.#iv)
    nonce.writeUInt32BE((nonce.readUInt32BE(IV_BYTES - 4) ^ packetNumber) >>> 0, IV_BYTES - 4)
    const end = protectedBytes.length - TAG_BYTES
    if (end < 0) return null
    const decipher = createDecipheriv('aes-128-gcm', this.#key, nonce)
    decipher.setAAD(header)
    decipher.setAuthTag(protectedBytes.subarray(end))
    try {
      return Buffer.concat([decipher.update(protectedBytes.subarray(0, end)), decipher.final()])
    } catch {
      return null
    }
  }
}

/** HKDF-Expand-Label (RFC 8446 §7.1) for what one block of SHA-256 holds. */
function expand(secret: Buffer, label: string, bytes: number): Buffer {
  const name = `tls13 ${label}`
  const info = Buffer.concat([
    Buffer.from([0, bytes, name.length]),
    Buffer.from(name, 'latin1'),
    Buffer.from([0, 1]),
  ])
  return createHmac('sha256', secret).update(info).digest().subarray(0, bytes)
}
