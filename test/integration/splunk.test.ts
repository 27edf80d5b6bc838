/** The Splunk add-on: its very regexes on what the agent sends, and its alert action against a running API. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../src/core/package-root.ts'
import { formatCef } from '../../src/forward/formats/cef.ts'
import { servedApi } from '../support/api-server.ts'
import { parseCef } from '../support/cef-parser.ts'
import { HOSTILE_VALUES } from '../support/hostile-values.ts'
import { story, temporaryFolder } from '../support/record.ts'

const addOn = packagedFile('deploy/splunk/TA-picket')
type Stanzas = Readonly<Record<string, Readonly<Record<string, string>>>>

function stanzas(name: string): Stanzas {
  const found: Record<string, Record<string, string>> = {}
  let section: Record<string, string> = {}
  for (const line of readFileSync(join(addOn, 'default', name), 'utf8').split('\n')) {
    const head = /^\[(.*)\]$/.exec(line)?.[1]
    if (head !== undefined) section = found[head] = {}
    else if (line !== '' && !line.startsWith('#')) {
      const at = line.indexOf('=')
      section[line.slice(0, at).trim()] = line.slice(at + 1).trim()
    }
  }
  return found
}

const transforms = stanzas('transforms.conf')
const props = stanzas('props.conf')

/** What Splunk extracts; where a key came twice it would keep the first. */
function extracted(message: string): Record<string, string> {
  const header = new RegExp(transforms['picket_cef_header']!['REGEX']!).exec(message)!
  const fields: Record<string, string> = { ...header.groups }
  const pairs = new RegExp(transforms['picket_cef_extension']!['REGEX']!, 'g')
  for (const [, key, value] of message.matchAll(pairs)) fields[key!] ??= value!
  return fields
}

const LINE_ENDS: Readonly<Record<string, string>> = { n: '\n', r: '\r' }
const unescaped = (value: string): string =>
  value.replace(/\\(.)/g, (_, escaped: string) => LINE_ENDS[escaped] ?? escaped)

function expectAsParsed(cef: string): void {
  const fields = extracted(`<134>1 2026-01-05T10:00:08Z web-1 picket 811 - - ${cef}`)
  const { signatureId, name, severity, extension } = parseCef(cef)
  const { signature_id, signature, cef_severity, picket_version, ...rest } = fields
  expect(picket_version).toMatch(/^\d/)
  expect({ signature_id, signature, cef_severity }).toEqual({
    ...{ signature_id: signatureId, signature: name, cef_severity: String(severity) },
  })
  expect(Object.keys(rest).sort()).toEqual(Object.keys(extension).sort())
  for (const [key, value] of Object.entries(rest)) expect(unescaped(value)).toBe(extension[key])
}

describe('the extractions', () => {
  const folder = packagedFile('test/data/cef')
  it.each(readdirSync(folder))('read %s as a strict parser does', (file) => {
    expectAsParsed(readFileSync(join(folder, file), 'utf8').trimEnd())
  })

  it.each(HOSTILE_VALUES)('let nothing that was typed become a field: %s', (_, value) => {
    const { event } = story({ summary: value, domain: value, decision: value })
    const told = { ...event, sequence: 7, previousSequence: 6, revision: 1 }
    const context = { version: '0.1.0', hostname: 'web-1', cefVersion: '0' as const }
    expectAsParsed(formatCef(told, context, 8192))
  })

  it('name only transforms that are there, and fields that come out of them', () => {
    const cef = props['picket:cef']!
    for (const [key, value] of Object.entries(cef)) {
      if (key.startsWith('REPORT-')) expect(transforms).toHaveProperty(value)
    }
    const keys = new Set(
      Object.keys(extracted(readFileSync(join(folder, 'scan.vertical.syn.cef'), 'utf8'))),
    )
    for (const key of ['externalId', 'cn1', 'src', 'dst', 'cat', 'act', 'dvchost', 'cs1', 'msg']) {
      expect(keys).toContain(key)
      expect(Object.values(cef).join(' ')).toContain(key)
    }
  })
})

it('every tag belongs to an event type that is there', () => {
  const types = stanzas('eventtypes.conf')
  for (const name of Object.keys(stanzas('tags.conf'))) {
    expect(types).toHaveProperty(name.replace('eventtype=', ''))
  }
})

describe('the alert action', () => {
  async function act(configuration: object): Promise<{ code: number | null; told: string }> {
    const child = spawn('python3', [join(addOn, 'bin/picket_block.py'), '--execute'])
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
    child.stdin.end(JSON.stringify({ sid: 'scheduler__7', configuration }))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, told }
  }

  it('orders a block once however often it runs, and says why one is refused', async () => {
    const api = await servedApi()
    const tokenFile = join(await temporaryFolder(), 'token')
    writeFileSync(tokenFile, `${await api.token(['read', 'block'])}\n`)
    const order = { url: api.url, token_file: tokenFile, ttl_seconds: '600', reason: 'a search' }
    for (let round = 0; round < 2; round += 1) {
      expect(await act({ ...order, target: '203.0.113.9' })).toMatchObject({ code: 0 })
    }
    const { items } = api.record.blocks.list({ limit: 10 })
    expect(items).toMatchObject([{ target: '203.0.113.9', reason: 'a search' }])
    const refused = await act({ ...order, target: '127.0.0.1' })
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.told).toContain('loopback')
    expect(await act({ ...order, target: 'not an address' })).toMatchObject({ code: 2 })
    expect(await act({ ...order, target: '203.0.113.9', url: 'http://127.0.0.1:1' })).toMatchObject(
      {
        code: 3,
      },
    )
  })
})
