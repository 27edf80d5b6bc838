/** Integer keys of texts, for tables that are keyed by integers; seeded, so that nobody can aim at one row. */
import { mix, pairKey } from '../../rules/state/pair-key.ts'

/** Hashes texts, in order, to 52 bits. */
export function textKey(texts: readonly (string | null)[]): number {
  let [one, other] = [7, 11]
  for (const text of texts) {
    for (let at = 0; at < (text?.length ?? 0); at += 1) {
      const unit = text!.charCodeAt(at)
      one = mix(one, unit)
      other = mix(Math.imul(other, 0x9e3779b1), unit)
    }
    one = mix(one, text === null ? 0x10000 : 0x10001)
  }
  return pairKey(one, other, texts.length)
}
