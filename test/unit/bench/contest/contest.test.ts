/** Programs side by side over a capture: every one has a row, whatever becomes of it. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

interface Contestant {
  readonly name: string
  readonly isPeer?: boolean
  argv(file: string, folder: string): readonly string[]
  look?(cost: object, folder: string): void
}

interface Row {
  readonly name: string
  readonly runs?: number
  readonly failure?: string
  readonly wallSeconds?: number
  readonly wallTimes?: number
}

interface ContestModule {
  runContest(contest: {
    readonly file: string
    readonly contestants: readonly Contestant[]
    readonly rounds: number
  }): Promise<readonly Row[]>
}

const url = pathToFileURL(packagedFile('test/bench/contest/contest.mjs')).href
const { runContest } = (await import(url)) as ContestModule
const file = packagedFile('test/data/demo.pcap')
const program = (source: string) => [process.execPath, '-e', source]

describe('a contest', () => {
  it('runs everybody once a round, and compares with tcpdump of that round', async () => {
    const quick = { name: 'quick', argv: () => program('') }
    const slow = { name: 'slow', argv: () => program('setTimeout(() => undefined, 1500)') }
    const rows = await runContest({ file, contestants: [quick, slow], rounds: 2 })
    expect(rows.map(({ name }) => name)).toEqual([
      '`tcpdump -r FILE -w /dev/null`',
      'quick',
      'slow',
    ])
    expect(rows.map(({ runs }) => runs)).toEqual([2, 2, 2])
    const [tcpdump, , last] = rows
    expect(tcpdump!.wallTimes).toBe(1)
    expect(last!.wallSeconds).toBeGreaterThan(1.5)
    expect(last!.wallTimes).toBeGreaterThan(1)
  })

  it('gives each run a folder of its own, which is there to be looked into and then gone', async () => {
    const folders: string[] = []
    const contestant = {
      name: 'writer',
      argv: (_: string, folder: string) =>
        program(`require('node:fs').writeFileSync(${JSON.stringify(`${folder}/left`)}, '')`),
      look: (_: object, folder: string) => {
        if (existsSync(`${folder}/left`)) folders.push(folder)
      },
    }
    await runContest({ file, contestants: [contestant], rounds: 2 })
    expect(new Set(folders).size).toBe(2)
    expect(folders.filter((folder) => existsSync(folder))).toEqual([])
  })

  it('tells of a peer that fails and goes on; of Picket a failure ends it', async () => {
    const argv = () => program('console.error("no such option"); process.exit(1)')
    const fine = { name: 'fine', argv: () => program('') }
    const peer = { name: 'peer', isPeer: true, argv }
    const rows = await runContest({ file, contestants: [peer, fine], rounds: 2 })
    expect(rows[1]!.failure).toMatch(/ended with 1: no such option/)
    expect(rows[2]!.runs).toBe(2)
    const own = { name: 'Picket', argv }
    await expect(runContest({ file, contestants: [own], rounds: 1 })).rejects.toThrow(/no such/)
  })
})
