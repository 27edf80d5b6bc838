import { expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { flowsWithin, heapOptions } from '../../../src/pressure/index.ts'

it('the ceiling of the defaults has room for the flows of the defaults', () => {
  const { sensor, flow } = validateConfig({}, 'defaults')
  expect(flowsWithin(sensor, flow.maxFlows)).toBe(flow.maxFlows)
})

it('a table that would take more than a quarter of the ceiling is made smaller', () => {
  const flows = flowsWithin({ maxCpuShare: 1, maxMemoryMegabytes: 128 }, 1_000_000)
  expect(flows * 264).toBeLessThanOrEqual(32e6)
  expect(flows).toBeGreaterThan(100_000)
})

it('heap and flow table together stay below the ceiling', () => {
  const [option] = heapOptions({ maxCpuShare: 1, maxMemoryMegabytes: 400 })
  const mebibytes = Number(/^--max-old-space-size=(\d+)$/.exec(option!)?.[1])
  expect(mebibytes * 2 ** 20 + 100e6).toBeLessThan(400e6)
  expect(mebibytes).toBeGreaterThan(200)
})
