/** Signs that a request is to overrun a buffer: filler no language makes, sleds, format strings (CWE-120, CWE-134). */
import type { Sign } from './sign.ts'

export const OVERFLOW_GATE = /[a-z]{64}|%|90\}|\x90/

export const OVERFLOW_SIGNS: readonly Sign[] = [
  // Mixed case and every letter: encodings have digits among them, padding has one letter.
  {
    name: 'filler',
    weight: 5,
    isRaw: true,
    pattern:
      /(?=[a-zA-Z]{400})(?=[a-z]{0,30}[A-Z])(?=[a-zA-Z]{0,99}[qQ])(?=[a-zA-Z]{0,99}[xX])(?=[a-zA-Z]{0,99}[zZ])[a-zA-Z]{400}/,
  },
  { name: 'sled', weight: 5, pattern: /(?:\\u\{90\}|%90|\x90){16,}|(?:%u9090){4,}/ },
  { name: 'formatString', weight: 4, pattern: /(?:%[nxps]|%\d{1,4}\$[nx]|%\.?\d{2,5}[dux]){6,}/ },
]
