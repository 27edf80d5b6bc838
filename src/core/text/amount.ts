/** Amounts in words, for whoever tells a story. */

/** `1204` → `1,204`. */
export function grouped(value: number): string {
  // Not toLocaleString: telling stories under a flood, it cost more than finding them.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 port`, `1,204 ports`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(value)} ${nounOf(value, noun, plural)}`
}

/** `1 port`, `1204 ports`: for lines that programs take their numbers from. */
export function plainlyCounted(value: number, noun: string): string {
  return `${value} ${nounOf(value, noun)}`
}

/** The noun as it stands behind so many: `port`, `ports`. */
function nounOf(value: number, noun: string, plural = `${noun}s`): string {
  return Math.round(value) === 1 ? noun : plural
}

/** `943 MB`, `12.4 GB`; powers of ten, as disks are sold. */
export function sizeWords(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

/** A share of 0 to 1: `12.5 %`. */
export function percentWords(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}
