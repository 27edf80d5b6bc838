import { expect, test } from 'vitest'
import { findTool, runCommand } from '../../../src/respond/command.ts'

test('standard input goes in and standard output comes out', async () => {
  expect(await runCommand('cat', [], { input: 'add picket4 192.0.2.7\n' })).toBe(
    'add picket4 192.0.2.7\n',
  )
})

test('arguments are passed as they are: there is no shell to read them', async () => {
  expect(await runCommand('echo', ['$(id)', ';', '`id`', '*'])).toBe('$(id) ; `id` *\n')
})

test('a tool that is not installed is named with the package to install', async () => {
  await expect(runCommand('picket-no-such-tool', [])).rejects.toMatchObject({
    code: 'ERR_FIREWALL_MISSING',
    message: 'picket-no-such-tool is not installed',
    hint: 'apt-get install iptables ipset',
  })
})

test('a tool outside the system folders is not found, whatever PATH says', async () => {
  expect(await findTool('node_modules/.bin/vitest')).toBeNull()
  expect(await findTool('cat')).toMatch(/^\/(usr\/)?bin\/cat$/)
})

test('a refusal for want of rights says which rights', async () => {
  const script = 'BEGIN { print "you must be root" > "/dev/stderr"; exit 4 }'
  await expect(runCommand('awk', [script])).rejects.toMatchObject({
    code: 'ERR_FIREWALL_DENIED',
    hint: expect.stringContaining('CAP_NET_ADMIN') as string,
  })
})

test('what a failing tool said is told, on one line and not endlessly', async () => {
  const script = 'BEGIN { for (i = 0; i < 999; i++) print "line", i > "/dev/stderr"; exit 2 }'
  const error: unknown = await runCommand('awk', [script]).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'ERR_FIREWALL_FAILED' })
  expect((error as Error).message).toMatch(/line 0; line 1; /)
  expect((error as Error).message.length).toBeLessThan(700)
})

test('a tool that hangs is ended', async () => {
  await expect(runCommand('sleep', ['30'], { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'ERR_FIREWALL_FAILED',
    message: expect.stringContaining('did not end within 50 ms') as string,
  })
})

test('a tool that does not read its input is no failure', async () => {
  expect(await runCommand('true', [], { input: 'x'.repeat(1_000_000) })).toBe('')
})
