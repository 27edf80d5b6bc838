/** What an attacker may type where Picket writes it down: names, user agents, titles of rules. */

/** Each is tried in every text field of an event at once. */
export const HOSTILE_VALUES: readonly (readonly [what: string, value: string])[] = [
  ['an equals sign and a key', 'x src=203.0.113.66 dst=203.0.113.67'],
  ['a key behind an escape of its own', 'x\\ src=203.0.113.66'],
  ['a bar and a header', 'a|10|src=203.0.113.66'],
  ['a backslash at the end', 'ends in \\'],
  ['backslashes before equals signs', '\\=\\\\=\\\\\\=src=203.0.113.66'],
  ['another message', 'x\nCEF:0|Evil|Evil|1|forged|forged|10|src=203.0.113.66'],
  ['a carriage return and a header', 'x\r\n<10>1 - evil picket - - - src=203.0.113.66'],
  ['an octet count', '5 <13>1 x src=203.0.113.66'],
  ['controls', 'a\u0000b\u001b[2Jc\u0007d\u007fe\u0085f'],
  ['separators', 'a\u2028src=203.0.113.66\u2029b'],
  ['bidirectional controls', '\u202esrc=203.0.113.66\u2066'],
  // How a DNS name or a header that is not UTF-8 reads once it was decoded.
  ['bytes that were not UTF-8', 'a\ufffd\ufffdb.example.org'],
  ['half a character', 'a\ud83d src=203.0.113.66 \udc00'],
  ['a byte order mark', '\ufeffCEF:0|Evil|Evil|1|forged|forged|10|src=203.0.113.66'],
  ['an end of structured data', '"] [evil@32473 src="203.0.113.66"]'],
  ['a tab and a key', 'x\tsrc=203.0.113.66'],
]
