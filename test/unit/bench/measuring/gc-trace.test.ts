/** What this very Node prints of its garbage collection can be read. */
import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

interface GcTraceModule {
  readonly traceFlags: readonly string[]
  readGcTrace(stdout: string): { readonly gcSeconds: number; readonly allocatedBytes: number }[]
}

const url = pathToFileURL(packagedFile('test/bench/measuring/gc-trace.mjs')).href
const { readGcTrace, traceFlags } = (await import(url)) as GcTraceModule

/** Allocates 64 MB in arrays of 8 KB that nobody keeps. */
const allocating =
  'let last; for (let turn = 0; turn < 8192; turn += 1) last = Array(1024).fill(turn)'
const allocatingTwice = `${allocating}
  new (require('node:worker_threads').Worker)(${JSON.stringify(allocating)}, { eval: true })`

async function trace(source: string): Promise<string> {
  const argv = [...traceFlags, '-e', source]
  return (await promisify(execFile)(process.execPath, argv)).stdout
}

describe('the trace of garbage collection', () => {
  it('tells what a program allocated and how long it stood still', async () => {
    const [main, ...others] = readGcTrace(await trace(allocating))
    expect(others).toEqual([])
    expect(main!.allocatedBytes).toBeGreaterThan(48e6)
    expect(main!.allocatedBytes).toBeLessThan(96e6)
    expect(main!.gcSeconds).toBeGreaterThan(0)
    expect(main!.gcSeconds).toBeLessThan(5)
  })

  it('tells threads apart, the main one first', async () => {
    const threads = readGcTrace(await trace(allocatingTwice))
    expect(threads).toHaveLength(2)
    for (const { allocatedBytes } of threads) expect(allocatedBytes).toBeGreaterThan(48e6)
  })

  it('is not taken for silence when it is written otherwise', () => {
    expect(() => readGcTrace('gc: 3 ms\n')).toThrow(/other words/)
  })
})
