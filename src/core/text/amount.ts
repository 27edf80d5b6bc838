/** Amounts in words, for whoever tells a story. */

/** `1204` → `1,204`. */
export function grouped(value: number): string {
  // Not toLocaleString: telling stories under a flood, it cost more than finding them.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 port`, `1,204 ports`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(value)} ${Math.round(value) === 1 ? noun : plural}`
}
