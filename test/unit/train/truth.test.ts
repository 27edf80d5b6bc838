import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import { readTruth, requireBothKinds } from '../../../src/train/truth.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-truth-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const attack = { name: 'a', file: 'captures/a.pcap', kind: 'attack', attacker_ips: ['192.0.2.1'], victim_ips: [] } // prettier-ignore
const benign = { name: 'b', file: 'b.pcap', kind: 'benign', attacker_ips: [], victim_ips: [] }

function truthOf(content: unknown): string {
  const path = join(directory, 'truth.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function refusal(truthFile: string): PicketError {
  try {
    requireBothKinds(readTruth(truthFile, directory), truthFile)
  } catch (error) {
    if (error instanceof PicketError) return error
    throw error
  }
  throw new Error('the truth file was accepted')
}

describe('the truth file', () => {
  it('finds captures by their path and by their bare name', () => {
    mkdirSync(join(directory, 'captures'))
    writeFileSync(join(directory, 'captures/a.pcap'), '')
    writeFileSync(join(directory, 'b.pcap'), '')
    const path = truthOf([attack, { ...benign, file: 'elsewhere/b.pcap' }])
    expect(readTruth(path, directory).map((capture) => capture.path)).toEqual([
      join(directory, 'captures/a.pcap'),
      join(directory, 'b.pcap'),
    ])
  })

  it('names all missing captures at once', () => {
    const error = refusal(truthOf([attack, benign]))
    expect(error.code).toBe('ERR_TRAIN_INPUT')
    expect(error.message).toContain('captures/a.pcap, b.pcap')
    expect(error.hint).toContain('--captures')
  })

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /is not JSON/],
    ['no list', {}, /is not a list/],
    ['a row that is no object', [attack, 5], /\[1\] is not an object/],
    ['a row without a file', [{ ...attack, file: undefined }], /\[0\] has no file/],
    ['an unknown kind', [{ ...attack, kind: 'evil' }], /\[0\] has a kind .*: "evil"$/],
    ['a name that is no name', [{ ...attack, name: 7 }], /\[0\] has a name that is no name: 7/],
    [
      'attack types that are no list',
      [{ ...attack, attack_types: 'scan' }],
      /attack_types .*: "scan"/,
    ],
    ['a name twice', [attack, { ...attack, file: 'b.pcap' }], /\[1\] has the name of row 0: "a"$/],
    [
      'an attack that is benign too',
      [attack, { ...attack, name: 'b', kind: 'benign' }],
      /\[1\] calls benign what another/,
    ],
    ['no captures at all', [], /names no captures/],
    ['addresses that are no list', [{ ...attack, attacker_ips: '192.0.2.1' }], /attacker_ips/],
    ['only attacks', [attack], /captures are missing|no benign capture/],
  ])('is refused with its place when it holds %s', (_words, content, message) => {
    const error = refusal(truthOf(content))
    expect(error.code).toBe('ERR_TRAIN_INPUT')
    expect(error.message).toMatch(message)
    expect(error.hint).toBeDefined()
  })

  it('says when the file itself cannot be read', () => {
    expect(refusal(join(directory, 'nothing.json')).message).toMatch(/cannot be read/)
  })

  it('wants both attacks and ordinary traffic', () => {
    writeFileSync(join(directory, 'b.pcap'), '')
    expect(refusal(truthOf([benign, { ...benign, name: 'c' }])).message).toMatch(
      /no attack capture/,
    )
  })
})
