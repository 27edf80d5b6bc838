import { afterEach, describe, expect, it, vi } from 'vitest'

const load = () => import('../../../src/core/hash-seeds.ts')

afterEach(() => vi.resetModules())

describe('the seeds of keyed hashes', () => {
  it('are drawn by chance, and never 0', async () => {
    vi.resetModules()
    const { drawSeed } = await load()
    const drawn = Array.from({ length: 64 }, () => drawSeed())
    expect(new Set(drawn).size).toBeGreaterThan(60)
    expect(drawn).not.toContain(0)
  })

  it('are the same in every process once they are fixed, also those taken before', async () => {
    const takeInNewProcess = async () => {
      vi.resetModules()
      const { drawSeed, fixSeeds, takeSeeds } = await load()
      const taken: number[] = []
      takeSeeds((draw) => taken.push(draw()))
      const byChance = taken.pop()
      fixSeeds()
      takeSeeds((draw) => taken.push(draw()))
      return { byChance, fixed: [...taken, drawSeed()] }
    }
    const first = await takeInNewProcess()
    const second = await takeInNewProcess()
    expect(second.fixed).toEqual(first.fixed)
    expect(new Set(first.fixed).size).toBe(3)
    expect(first.byChance).not.toBe(second.byChance)
  })
})
