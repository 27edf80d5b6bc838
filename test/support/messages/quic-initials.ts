/** Builds a client's QUIC Initials with the keys that the RFCs print for one connection identifier. */
import { createCipheriv } from 'node:crypto'
import { concat, uint16 } from '../packets/packet-builder.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/** RFC 9001 appendix A.1, RFC 9369 appendix A.1; both for `8394c8f03e515708`. */
const KEYS = {
  1: {
    ...{ first: 0xc3, version: '00000001', key: '1f369613dd76d5467730efcbe3b1a22d' },
    ...{ iv: 'fa044b2f42a3fd3b46fb255c', headerKey: '9f50449e04a0e810283a1e9933adedd2' },
  },
  2: {
    ...{ first: 0xd3, version: '6b3343cf', key: '8b1a0bc121284290a29e0971b5cd045d' },
    ...{ iv: '91f73e2351d8fa91660e909f', headerKey: '45b95e15235d6f45a6b19cbcb0294ba9' },
  },
} as const

const DESTINATION_ID = hex('8394c8f03e515708')

/** The ClientHello of RFC 9001 appendix A.2, for `example.com`. */
export const QUIC_HELLO = hex(
  '010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff',
)

/** An integer in one byte or two (RFC 9000 §16). */
const varint = (value: number): Uint8Array =>
  value < 64 ? new Uint8Array([value]) : uint16(0x4000 | value)

/** A CRYPTO frame with the hello's bytes between two places. */
export const cryptoFrame = (from: number, to = QUIC_HELLO.length): Uint8Array =>
  concat(new Uint8Array([6]), varint(from), varint(to - from), QUIC_HELLO.subarray(from, to))

/** A datagram of one Initial, padded to 1,200 bytes; its packet number is 2, as in the RFCs. */
export function clientInitial(frames: readonly Uint8Array[], version: 1 | 2 = 1): Uint8Array {
  const keys = KEYS[version]
  const header = concat(
    new Uint8Array([keys.first]),
    hex(keys.version),
    new Uint8Array([DESTINATION_ID.length]),
    DESTINATION_ID,
    // No source, no token; 4 bytes of number, 1,162 of frames, 16 of tag.
    new Uint8Array([0, 0]),
    varint(1182),
    new Uint8Array([0, 0, 0, 2]),
  )
  const plain = new Uint8Array(1162)
  plain.set(concat(...frames))
  const nonce = hex(keys.iv)
  nonce[11]! ^= 2
  const cipher = createCipheriv('aes-128-gcm', hex(keys.key), nonce)
  cipher.setAAD(header)
  const sealed = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag())
  const mask = createCipheriv('aes-128-ecb', hex(keys.headerKey), null).update(
    sealed.subarray(0, 16),
  )
  header[0]! ^= mask[0]! & 0x0f
  for (let index = 0; index < 4; index += 1) header[header.length - 4 + index]! ^= mask[1 + index]!
  return concat(header, sealed)
}
