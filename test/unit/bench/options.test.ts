/** What `npm run bench` may be told, and what it says to anything else. */
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'

interface Options {
  readonly isHelp: boolean
  readonly file: string | undefined
  readonly rounds: number
  readonly syns: number
  readonly parts: readonly string[]
  readonly hasPeers: boolean
  readonly isComplete: boolean
  readonly isWritten: boolean
}

interface OptionsModule {
  readonly PARTS: readonly string[]
  readonly USAGE: string
  readonly UsageError: new () => Error
  readOptions(args: readonly string[]): Options
}

const url = pathToFileURL(packagedFile('test/bench/options.mjs')).href
const { PARTS, USAGE, UsageError, readOptions } = (await import(url)) as OptionsModule
const capture = packagedFile('test/data/demo.pcap')

describe('the options of the bench', () => {
  it('measure everything three times by default', () => {
    expect(readOptions([])).toEqual({
      isHelp: false,
      file: undefined,
      rounds: 3,
      syns: 1_000_000,
      parts: PARTS,
      hasPeers: true,
      isComplete: true,
      isWritten: false,
    })
  })

  it('take a capture, rounds and parts', () => {
    const options = readOptions([capture, '--rounds', '1', '--only', 'stages,record'])
    expect(options).toMatchObject({ file: capture, rounds: 1, parts: ['stages', 'record'] })
    expect(options).toMatchObject({ hasPeers: false, isComplete: false })
  })

  it('run peers beside both captures when only peers are asked for', () => {
    expect(readOptions(['--only', 'peers']).parts).toEqual(['pipeline', 'flood', 'peers'])
    expect(readOptions(['--only', 'flood,peers']).parts).toEqual(['flood', 'peers'])
  })

  it('are explained, every part by its name', () => {
    expect(readOptions(['--help']).isHelp).toBe(true)
    for (const part of PARTS) expect(USAGE).toContain(part)
  })

  it.each([
    [['--only', 'pipelines'], /'pipelines'; the parts are pipeline, flood/],
    [['--only', ''], /the parts are/],
    [['--rounds', '0'], /--rounds is '0'; use a whole number from 1/],
    [['--rounds', '1e1'], /--rounds is '1e1'/],
    [['--syns', 'many'], /--syns is 'many'/],
    [['--loud'], /--loud/],
    [['/nowhere.pcap'], /no file \/nowhere\.pcap/],
    [[capture, capture], /one capture can be measured, not 2/],
  ])('refuse %j in words', (args, words) => {
    expect(() => readOptions(args)).toThrow(UsageError)
    expect(() => readOptions(args)).toThrow(words)
  })
})
