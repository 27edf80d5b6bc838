/** pcapng timestamps: 64-bit counts in a unit that each interface chooses, turned into µs. */

const TWO_TO_32 = 4294967296

/**
 * The last µs that classic pcap can say, in the year 2106. Later stages make dates of timestamps, so a
 * hostile file must not get past what a date can hold.
 */
const LAST_US = TWO_TO_32 * 1e6 - 1

/** How one interface counts time. */
export interface TimestampUnit {
  /** Ticks per µs where that is a whole number up to a million (the usual case), else 0. */
  readonly ticksPerUs: number
  readonly ticksPerSecond: bigint
  readonly offsetUs: number
}

/**
 * Reads if_tsresol and if_tsoffset.
 *
 * Units: `resolution` as stored (a negative power of 10, or of 2 with the top bit set); seconds.
 * Source: draft-ietf-opsawg-pcapng §4.2.
 */
export function timestampUnit(resolution: number, offsetSeconds: number): TimestampUnit {
  const exponent = resolution & 0x7f
  const isDecimal = (resolution & 0x80) === 0
  return {
    ticksPerUs: isDecimal && exponent >= 6 && exponent <= 12 ? 10 ** (exponent - 6) : 0,
    ticksPerSecond: (isDecimal ? 10n : 2n) ** BigInt(exponent),
    offsetUs: offsetSeconds * 1e6,
  }
}

/**
 * Turns a count into µs since the epoch, cut to whole ones and kept within 1970–2106.
 *
 * Cost: no allocation for µs to ps; units outside of that go through BigInt.
 */
export function microsecondsOf(high: number, low: number, unit: TimestampUnit): number {
  const us = unit.offsetUs + ticksToUs(high, low, unit)
  return us < 0 ? 0 : us > LAST_US ? LAST_US : us
}

function ticksToUs(high: number, low: number, unit: TimestampUnit): number {
  const { ticksPerUs } = unit
  if (ticksPerUs === 1) return high * TWO_TO_32 + low
  if (ticksPerUs === 0) {
    const ticks = (BigInt(high) << 32n) | BigInt(low)
    return Number((ticks * 1_000_000n) / unit.ticksPerSecond)
  }
  // Long division: nanoseconds since the epoch are beyond what a double holds exactly.
  const highUs = Math.floor(high / ticksPerUs)
  const rest = (high - highUs * ticksPerUs) * TWO_TO_32 + low
  return highUs * TWO_TO_32 + Math.floor(rest / ticksPerUs)
}
