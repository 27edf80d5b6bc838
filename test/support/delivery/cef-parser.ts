/** A strict reader of CEF, written from the format's definition and not from our writer, so that it can disagree. */

export interface CefMessage {
  readonly deviceVendor: string
  readonly deviceProduct: string
  readonly deviceVersion: string
  readonly signatureId: string
  readonly name: string
  readonly severity: number
  readonly extension: Readonly<Record<string, string>>
}

/** Keys of the dictionary that we may use, with what their values must look like and their longest length. */
const DICTIONARY: Readonly<Record<string, { readonly pattern: RegExp; readonly length: number }>> =
  {
    externalId: { pattern: /^[0-9a-f-]{36}$/, length: 40 },
    rt: { pattern: /^\d{10,16}$/, length: 16 },
    start: { pattern: /^\d{10,16}$/, length: 16 },
    end: { pattern: /^\d{10,16}$/, length: 16 },
    src: { pattern: /^(\d{1,3}\.){3}\d{1,3}$/, length: 15 },
    dst: { pattern: /^(\d{1,3}\.){3}\d{1,3}$/, length: 15 },
    c6a2: { pattern: /^[0-9a-f:]*:[0-9a-f:.]*$/, length: 45 },
    c6a2Label: { pattern: /^Source IPv6 Address$/, length: 1023 },
    c6a3: { pattern: /^[0-9a-f:]*:[0-9a-f:.]*$/, length: 45 },
    c6a3Label: { pattern: /^Destination IPv6 Address$/, length: 1023 },
    cnt: { pattern: /^\d+$/, length: 20 },
    spt: { pattern: /^\d{1,5}$/, length: 5 },
    dpt: { pattern: /^\d{1,5}$/, length: 5 },
    proto: { pattern: /^[A-Z0-9-]+$/, length: 31 },
    app: { pattern: /^.+$/s, length: 31 },
    in: { pattern: /^\d{1,10}$/, length: 10 },
    out: { pattern: /^\d{1,10}$/, length: 10 },
    dhost: { pattern: /^.+$/s, length: 1023 },
    request: { pattern: /^.+$/s, length: 1023 },
    requestMethod: { pattern: /^.+$/s, length: 1023 },
    requestClientApplication: { pattern: /^.+$/s, length: 1023 },
    reason: { pattern: /^.+$/s, length: 1023 },
    cfp2: { pattern: /^\d+(\.\d+)?(e-\d+)?$/, length: 30 },
    act: { pattern: /^(allow|alert|block)$/, length: 63 },
    cat: { pattern: /^[a-z0-9]+$/, length: 1023 },
    deviceExternalId: { pattern: /^.+$/s, length: 255 },
    deviceFacility: { pattern: /^.+$/s, length: 1023 },
    dvchost: { pattern: /^.+$/s, length: 100 },
    deviceInboundInterface: { pattern: /^.+$/s, length: 128 },
    destinationDnsDomain: { pattern: /^.+$/s, length: 255 },
    sproc: { pattern: /^.+$/s, length: 1023 },
    smac: { pattern: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, length: 17 },
    dmac: { pattern: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, length: 17 },
    suid: { pattern: /^\d+$/, length: 1023 },
    duid: { pattern: /^\d+$/, length: 1023 },
    frameworkName: { pattern: /^MITRE ATT&CK$/, length: 256 },
    threatAttackID: { pattern: /^T\d{4}(\.\d{3})?$/, length: 32 },
    spid: { pattern: /^\d+$/, length: 10 },
    suser: { pattern: /^.+$/s, length: 1023 },
    dproc: { pattern: /^.+$/s, length: 1023 },
    dpid: { pattern: /^\d+$/, length: 10 },
    duser: { pattern: /^.+$/s, length: 1023 },
    msg: { pattern: /^.+$/s, length: 1023 },
    cfp1: { pattern: /^\d+(\.\d+)?(e-\d+)?$/, length: 30 },
    ...numbered('cn', 3, /^\d+$/, 20),
    ...numbered('cs', 6, /^.+$/s, 4000),
    ...numbered('flexNumber', 2, /^\d+$/, 20),
    ...numbered('flexString', 2, /^.+$/s, 1023),
  }

function numbered(prefix: string, count: number, pattern: RegExp, length: number) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${prefix}${index + 1}`, { pattern, length }]),
  )
}

/** Reads one line; throws with the reason when any of it breaks the format. */
export function parseCef(line: string): CefMessage {
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line)) throw new Error('not one clean line')
  const version = /^CEF:([01])\|/.exec(line)?.[1]
  if (version === undefined) throw new Error('neither CEF:0 nor CEF:1')
  const { fields, rest } = splitHeader(line.slice('CEF:0|'.length))
  const [deviceVendor, deviceProduct, deviceVersion, signatureId, name, severity] = fields
  if (!/^(\d|10)$/.test(severity!)) throw new Error(`severity ${severity}`)
  return {
    deviceVendor: deviceVendor!,
    deviceProduct: deviceProduct!,
    deviceVersion: deviceVersion!,
    signatureId: signatureId!,
    name: name!,
    severity: Number(severity),
    extension: parseExtension(rest, version === '1'),
  }
}

function splitHeader(text: string): { fields: string[]; rest: string } {
  const fields: string[] = []
  let field = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]!
    if (character === '\\') {
      index += 1
      const escaped = text[index]
      if (escaped !== '\\' && escaped !== '|') throw new Error(`header escape \\${escaped}`)
      field += escaped
    } else if (character === '|') {
      fields.push(field)
      field = ''
      if (fields.length === 6) return { fields, rest: text.slice(index + 1) }
    } else {
      field += character
    }
  }
  throw new Error(`a header of ${fields.length} fields`)
}

/** A key begins at the start or after a space and ends at an unescaped `=`; the value lasts to the next key. */
function parseExtension(text: string, mayHoldIpv6: boolean): Record<string, string> {
  const extension: Record<string, string> = {}
  const starts = [...text.matchAll(/(?:^|(?<= ))([A-Za-z0-9_]+)=/g)]
  if (starts[0]?.index !== 0) throw new Error('the extension does not begin with a key')
  for (const [position, match] of starts.entries()) {
    const key = match[1]!
    const from = match.index + match[0].length
    const next = starts[position + 1]
    const raw = text.slice(from, next === undefined ? undefined : next.index - 1)
    if (key in extension) throw new Error(`${key} twice`)
    extension[key] = unescapeValue(key, raw)
  }
  for (const key of Object.keys(extension)) assertInDictionary(key, extension, mayHoldIpv6)
  return extension
}

function unescapeValue(key: string, raw: string): string {
  if (/(?<!\\)(\\\\)*=/.test(raw)) throw new Error(`${key} holds an unescaped =`)
  return raw.replace(/\\(.?)/gs, (_, escaped: string) => {
    if (escaped === '\\' || escaped === '=') return escaped
    if (escaped === 'n') return '\n'
    if (escaped === 'r') return '\r'
    throw new Error(`${key} holds the escape \\${escaped}`)
  })
}

function assertInDictionary(
  key: string,
  extension: Record<string, string>,
  mayHoldIpv6: boolean,
): void {
  const value = extension[key]!
  if (mayHoldIpv6 && (key === 'src' || key === 'dst') && DICTIONARY['c6a2']!.pattern.test(value)) {
    return
  }
  const base = key.replace(/Label$/, '')
  const rule =
    DICTIONARY[key] ??
    (base === key ? undefined : DICTIONARY[base] && { pattern: /^[a-zA-Z]+$/, length: 1023 })
  if (!rule) throw new Error(`${key} is not in the dictionary`)
  if (value.length > rule.length) throw new Error(`${key} has ${value.length} characters`)
  if (!rule.pattern.test(value)) throw new Error(`${key} is ${value}`)
  const needsLabel = /^(cs|cn|cfp|c6a|flexString|flexNumber)\d$/.test(key)
  if (needsLabel && !extension[`${key}Label`]) throw new Error(`${key} has no label`)
}
