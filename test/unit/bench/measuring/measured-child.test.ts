/** What a measured program is said to cost is what it took: time, CPU of all threads, memory. */
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

interface Cost {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly isCutShort: boolean
  readonly stdout: string
}

interface MeasuredChildModule {
  measureChild(
    command: string,
    args: readonly string[],
    options?: { readonly limitSeconds?: number; readonly keepsOutput?: boolean },
  ): Promise<Cost>
}

const url = pathToFileURL(packagedFile('test/bench/measuring/measured-child.mjs')).href
const { measureChild } = (await import(url)) as MeasuredChildModule
const node = async (source: string, options?: object): Promise<Cost> =>
  await measureChild(process.execPath, ['-e', source], options)

describe('a measured child', () => {
  it('is charged for the CPU it burns, not for the time it sleeps', async () => {
    const tellCpu = 'const { user, system } = process.cpuUsage(); console.log(user + system)'
    const busy = await node(`while (performance.now() < 600) continue; ${tellCpu}`)
    const ownSeconds = Number(busy.stdout) / 1e6
    expect(busy.cpuSeconds).toBeGreaterThan(ownSeconds - 0.03)
    expect(busy.cpuSeconds).toBeLessThan(ownSeconds + 0.3)
    const idle = await node(`setTimeout(() => { ${tellCpu} }, 600)`)
    expect(idle.wallSeconds).toBeGreaterThan(0.6)
    expect(idle.cpuSeconds).toBeLessThan(Number(idle.stdout) / 1e6 + 0.3)
  })

  it('is charged for its most memory, also when it gave that back', async () => {
    const source = 'let held = Buffer.alloc(3e8, 1); held = null; setTimeout(() => undefined, 100)'
    const { peakBytes } = await node(source)
    expect(peakBytes).toBeGreaterThan(3e8)
    expect(peakBytes).toBeLessThan(6e8)
  })

  it('is ended when its time is over, and that is told', async () => {
    const { isCutShort, wallSeconds } = await node('while (true) continue', { limitSeconds: 0.5 })
    expect(isCutShort).toBe(true)
    expect(wallSeconds).toBeGreaterThan(0.45)
  })

  it('gives what was said, unless nobody wants it', async () => {
    expect((await node('console.log(7)')).stdout).toBe('7\n')
    expect((await node('console.log(7)', { keepsOutput: false })).stdout).toBe('')
  })

  it('fails in the program’s own words', async () => {
    await expect(node('console.error("no such thing"); process.exit(3)')).rejects.toThrow(
      /ended with 3: no such thing/,
    )
    await expect(measureChild('/nowhere/program', [])).rejects.toThrow(/ENOENT/)
  })
})
