/** HPACK's Huffman code (RFC 7541 §5.2, Appendix B). It is canonical, so that the lengths of its codes say it all. */

/** Bits of the code of each octet, and last of the end of the string. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15,
  6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20,
  20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23,
  24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22,
  22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27,
  24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26,
  26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
] // prettier-ignore
const END = 256
const LONGEST = 30
/** The shortest code, of five bits, stands for an octet of eight. */
const MOST_GROWTH = 8 / 5

/** By length: the first code, how many there are, and where their octets stand in `OCTETS`. */
const FIRST = new Int32Array(LONGEST + 1)
const COUNT = new Int32Array(LONGEST + 1)
const PLACE = new Int32Array(LONGEST + 1)
const OCTETS = LENGTHS.map((_, octet) => octet).sort(
  (one, other) => LENGTHS[one]! - LENGTHS[other]! || one - other,
)
for (const length of LENGTHS) COUNT[length]! += 1
for (let length = 1; length <= LONGEST; length += 1) {
  FIRST[length] = (FIRST[length - 1]! + COUNT[length - 1]!) << 1
  PLACE[length] = PLACE[length - 1]! + COUNT[length - 1]!
}

/** Decodes a string; null when it is none: it ends in mid-code, or holds the end's own code. */
export function decodeHuffman(bytes: Uint8Array): Buffer | null {
  const decoded = Buffer.allocUnsafe(Math.ceil(bytes.length * MOST_GROWTH))
  let written = 0
  let code = 0
  let length = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = (code << 1) | ((byte >>> bit) & 1)
      length += 1
      if (length > LONGEST) return null
      const index = code - FIRST[length]!
      if (index < 0 || index >= COUNT[length]!) continue
      const octet = OCTETS[PLACE[length]! + index]!
      if (octet === END) return null
      decoded[written] = octet
      written += 1
      code = 0
      length = 0
    }
  }
  // Padding is the beginning of the end's code, ones alone, and shorter than an octet.
  if (length > 7 || code !== (1 << length) - 1) return null
  return decoded.subarray(0, written)
}
