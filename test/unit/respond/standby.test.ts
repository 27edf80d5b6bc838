import { expect, test } from 'vitest'
import { runCommand, type RunCommand } from '../../../src/respond/command.ts'
import { until } from '../../support/await-until.ts'
import { StandbyTool } from '../../../src/respond/standby.ts'

/** Runs tools for real, and keeps how many were started and what came of each. */
function counted(): { run: RunCommand; ends: Promise<unknown>[] } {
  const ends: Promise<unknown>[] = []
  const run: RunCommand = (tool, args, options) => {
    const end = runCommand(tool, args, options)
    ends.push(end.catch((error: unknown) => error))
    return end
  }
  return { run, ends }
}

test('nothing is started before it is used or told to stand by', async () => {
  const { run, ends } = counted()
  const tool = new StandbyTool(run, 'cat', [])
  expect(ends).toHaveLength(0)
  expect(await tool.run('one\n')).toBe('one\n')
  expect(ends).toHaveLength(1)
})

test('one that stands by takes the input, and another is started for the next once it is answered', async () => {
  const { run, ends } = counted()
  const tool = new StandbyTool(run, 'cat', [])
  tool.standBy()
  expect(ends).toHaveLength(1)
  const output = tool.run('one\n')
  expect(ends).toHaveLength(1)
  expect(await output).toBe('one\n')
  expect(ends).toHaveLength(1)
  await until('another stands by', () => (ends.length > 1 ? true : null))
  expect(await tool.run('two\n')).toBe('two\n')
  tool.close()
  await Promise.all(ends)
})

test('several at once each have a process of their own', async () => {
  const tool = new StandbyTool(counted().run, 'cat', [])
  tool.standBy()
  const outputs = ['one', 'two', 'three'].map((input) => tool.run(input))
  expect(await Promise.all(outputs)).toEqual(['one', 'two', 'three'])
  tool.close()
})

test('one that ends while it stands by is not relied on', async () => {
  const { run, ends } = counted()
  // Ends by itself at once, whatever comes.
  const tool = new StandbyTool(run, 'awk', ['BEGIN { print "ran"; exit }'])
  tool.standBy()
  await ends[0]
  expect(await tool.run('')).toBe('ran\n')
  expect(ends.length).toBeGreaterThan(1)
  tool.close()
})

test('a failure is told, and the next run is as good as any', async () => {
  const tool = new StandbyTool(runCommand, 'awk', ['/bad/ { exit 3 } { print }'])
  tool.standBy()
  await expect(tool.run('bad\n')).rejects.toMatchObject({ code: 'ERR_FIREWALL_FAILED' })
  expect(await tool.run('good\n')).toBe('good\n')
  tool.close()
})

test('closing ends what stands by', async () => {
  const { run, ends } = counted()
  const tool = new StandbyTool(run, 'cat', [])
  tool.standBy()
  tool.close()
  expect(await Promise.all(ends)).toEqual([''])
})
