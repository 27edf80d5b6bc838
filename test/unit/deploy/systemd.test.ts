/** The systemd units, judged by systemd's own tools, and their bounds beside those of the configuration. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'

const units = packagedFile('deploy/systemd')
const folder = mkdtempSync(join(tmpdir(), 'picket-units-'))
const services = readdirSync(units).filter((name) => name.endsWith('.service'))

// Systemd's tools take only files whose names are units', in a folder of their own.
beforeAll(() => {
  for (const name of services) copyFileSync(join(units, name), join(folder, name))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function analyze(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** Also reads the machine's own units, of which some have faults of their own: only what is said of ours counts. */
function verify(name: string): { status: number | null; complaints: readonly string[] } {
  const { status, output } = analyze('verify', '--man=no', join(folder, name))
  return { status, complaints: output.split('\n').filter((line) => line.includes('picket')) }
}

/** The last value that a unit gives a setting. */
function setting(file: string, name: string): string {
  const lines = readFileSync(join(units, file), 'utf8').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))
  return [...lines].at(-1)?.[1] ?? ''
}

const megabytes = (text: string): number => {
  const [, number, unit] = /^(\d+)([MG])$/.exec(text)!
  return Number(number) * (unit === 'G' ? 1024 : 1)
}

describe.each(services)('the unit %s', (name) => {
  it('is exposed no more than 2.0 of 10', () => {
    const file = join(folder, name)
    const judged = analyze('security', '--offline=true', '--threshold=20', '--no-pager', file)
    expect(judged.status, judged.output).toBe(0)
    expect(judged.output).toMatch(/Overall exposure level for \S+: [01]\.\d|: 2\.0/)
  })

  it('has nothing that systemd would complain of', () => {
    expect(verify(name)).toEqual({ status: 0, complaints: [] })
  })

  it('has nothing to complain of with the rights to find processes either', () => {
    const dropIns = join(folder, `${name}.d`)
    mkdirSync(dropIns)
    copyFileSync(join(units, 'picket-processes.conf'), join(dropIns, 'processes.conf'))
    const verified = verify(name)
    rmSync(dropIns, { recursive: true })
    expect(verified).toEqual({ status: 0, complaints: [] })
  })
})

describe('the bounds of the unit', () => {
  const { sensor } = validateConfig({}, 'defaults')

  it('let one sensor be begun anew by the agent before the kernel has to end it', () => {
    // A sensor is begun anew a quarter above its ceiling; the agent with its log needs 300 MB.
    const needed = sensor.maxMemoryMegabytes * 1.25 + 300
    const high = megabytes(setting('picket.service', 'MemoryHigh'))
    expect(high).toBeGreaterThan(needed)
    expect(megabytes(setting('picket.service', 'MemoryMax'))).toBeGreaterThan(high)
  })

  it('let one sensor have the processor that it may use, and the agent another', () => {
    const quota = Number(/^(\d+)%$/.exec(setting('picket.service', 'CPUQuota'))![1])
    expect(quota / 100).toBeGreaterThanOrEqual(sensor.maxCpuShare + 1)
  })

  it('give the agent time for three signs of life before it is ended', () => {
    const seconds = Number(setting('picket.service', 'WatchdogSec'))
    expect(seconds).toBeGreaterThanOrEqual(3 * 10)
  })

  it('let pauses between failed starts grow where systemd knows how', () => {
    const file = 'picket-back-off.conf'
    expect(Number(setting(file, 'RestartMaxDelaySec'))).toBeGreaterThan(
      Number(setting(file, 'RestartSec')),
    )
    expect(Number(setting(file, 'RestartSteps'))).toBeGreaterThan(1)
  })
})
