/** How the command line is read: options, help, and what is told to who mistypes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../../src/cli/program.ts'
import { VERSION } from '../../../src/core/files/package-root.ts'
import { memoryTerminal, run } from '../../support/memory-terminal.ts'
import { temporaryFolder } from '../../support/record.ts'

const DOOR_KNOCK = `title: Somebody knocks
name: door-knock
logsource: { category: network_connection }
detection: { knock: { dst_port: 7 }, condition: knock }
picket: { kind: lateral.door-knock }
`

const program = buildProgram({ terminal: memoryTerminal(), environment: {} }, () => undefined)

/** Every command there is, as it is typed. */
function commandLines({ commands }: Command, before: readonly string[] = []): string[][] {
  return commands.flatMap((command) => {
    const line = [...before, command.name()]
    return [line, ...commandLines(command, line)]
  })
}

test.each(commandLines(program).map((line) => [line.join(' ')]))(
  "%s explains itself with --help, with no options but its own and the program's",
  async (line) => {
    const { exitCode, out, err } = await run(...line.split(' '), '--help')
    expect(exitCode).toBe(0)
    expect(out.startsWith(`Usage: picket ${line} `)).toBe(true)
    const globals = out.slice(out.indexOf('Global Options:')).split('\n\n')[0]!
    expect(globals.match(/^ +--[a-z-]+/gm)!.map((option) => option.trim())).toEqual(
      program.options.map(({ long }) => long),
    )
    expect(out).not.toContain('default: {')
    expect(err).toBe('')
  },
)

test('the program shows examples and exit codes with --help', async () => {
  const { exitCode, out } = await run('--help')
  expect(exitCode).toBe(0)
  expect(out).toContain('picket unblock --all')
  expect(out).toContain('Exit codes:')
})

test('help says what a command cannot do without, and what it takes where nothing is said', async () => {
  const { out } = await run('suppress', '--help')
  expect(out).toMatch(/--reason <text> +why, for whoever reads it later \(required\)\n/)
  expect(out).toMatch(/--ttl <time> .*\(default: never\)/)
  expect(out).not.toMatch(/--kind .*required/)
  expect((await run('--help')).out).toContain('/var/lib/picket')
})

test.each([['rules test'], ['block'], ['']])('help %s prints what --help does', async (line) => {
  const words = line.split(' ').filter((word) => word !== '')
  expect(await run('help', ...words)).toMatchObject({
    exitCode: 0,
    out: (await run(...words, '--help')).out,
  })
})

test('--version prints the version alone', async () => {
  expect(await run('--version')).toMatchObject({ exitCode: 0, out: `${VERSION}\n` })
})

test.each([
  [['evnts'], "unknown command 'evnts'", /did you mean events/],
  [['nothing'], "unknown command 'nothing'", /the commands are start, replay/],
  [['event'], "unknown command 'event'", /did you mean events/],
  [['help', 'evnts'], "unknown command 'evnts'", /did you mean events/],
  [['nothing', '--help'], "unknown command 'nothing'", /the commands are start, replay/],
  [
    ['--data-dir', '/tmp/x', 'nothing', '-h'],
    "unknown command 'nothing'",
    /the commands are start/,
  ],
  [
    ['--data-dir=/tmp/x', '--json', 'help', 'nothing'],
    "unknown command 'nothing'",
    /the commands are/,
  ],
  [['rules', 'shwo', '--help'], "unknown command 'shwo'", /the commands are check, list/],
  [['help', 'rules', 'lsit'], "unknown command 'lsit'", /did you mean list/],
  [['events', '--kindd', 'x'], "unknown option '--kindd'", /did you mean --kind/],
  [['events', '--limit', '0'], 'is invalid', /from 1 to 1000000/],
  [['events', '--from', 'soon'], 'is invalid', /such as 2h/],
  [['events', 'extra'], "unknown command 'extra'", /the commands are show, evidence/],
  [['events', 'shwo'], "unknown command 'shwo'", /did you mean show/],
  [['events', 'show'], "missing required argument 'id'", /picket events show --help/],
  [['flows', 'extra'], 'flows takes 0 arguments, not 1', /picket flows --help/],
  [
    ['--json', 'config', 'check', 'a', 'b'],
    'config check takes 0 arguments, not 2',
    /picket config check --help/,
  ],
  [['rules', 'test'], "required option '--pcap <file>' not specified", /picket rules test --help/],
  [['block', '192.0.2.7', '--direction', 'up'], 'is invalid', /^choose from both, in, out$/m],
  [
    ['unblock', 'foo'],
    '"foo" is no address, no range in CIDR notation and no id',
    /write it like 192.0.2.7/,
  ],
  [['block'], "missing required argument 'targets'", /picket block --help/],
  [['block', '192.0.2.7', '--ttl', '0'], 'is invalid', /such as 10m/],
  [['unblock'], 'name what to unblock', /picket blocks/],
  [['unblock', '192.0.2.7', '--all'], 'name what to unblock', /picket blocks/],
  [['token', 'create', '--scopes', 'root'], 'is invalid', /choose from read, block, admin/],
  [['replay'], "missing required argument 'files'", /picket replay --help/],
  [
    ['evaluate', '--truth', 'x'],
    "required option '--captures <dir>' not specified",
    /picket evaluate --help/,
  ],
  [['train'], "required option '--truth <file>' not specified", /picket train --help/],
])('%j is a usage error that says what to do', async (argv, message, hint) => {
  const { exitCode, out, err } = await run(...argv)
  expect(exitCode).toBe(2)
  expect(out).toBe('')
  expect(err).toMatch(/^picket: /)
  expect(err.split('hint: ')[0]).toContain(message)
  expect(err.split('hint: ')[1]).toMatch(hint)
})

describe('global options', () => {
  test.each([
    ['before', ['--data-dir', 'DIR', '--json', 'token', 'create']],
    ['after', ['token', 'create', '--data-dir', 'DIR', '--json']],
    ['between', ['token', '--data-dir', 'DIR', 'create', '--json']],
  ])('are taken %s the command', async (_, argv) => {
    const folder = await temporaryFolder()
    const { exitCode, json } = await run(...argv.map((word) => word.replace('DIR', folder)))
    expect(exitCode).toBe(0)
    expect(json).toMatchObject([{ token: expect.stringMatching(/^pkt_/) as string }])
  })
})

describe('config', () => {
  test('check passes a valid file and lists every fault of another', async () => {
    const file = join(await temporaryFolder(), 'picket.yaml')
    writeFileSync(file, 'api: { port: 8461 }\n')
    expect(await run('config', 'check', '--config', file)).toMatchObject({
      exitCode: 0,
      out: `valid: ${file}\n`,
    })
    writeFileSync(file, 'api: { prot: 1, port: 99999 }\n')
    const { exitCode, err } = await run('config', 'check', '--config', file)
    expect(exitCode).toBe(1)
    expect(err).toContain('api.prot')
    expect(err).toContain('api.port is 99999')
  })

  test('check refuses a policy for what nothing tells, and takes what a rule of the user tells', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'picket.yaml')
    const policy = (rule: string): void =>
      writeFileSync(file, `policy: { blockWhen: [{ ${rule}, ttlSeconds: 60 }] }\n`)
    const check = () => run('config', 'check', '--config', file, '--data-dir', folder)
    policy('detector: port-scna')
    expect(await check()).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('did you mean port-scan?') as unknown,
    })
    policy('detector: "sigma:door-knock", kind: lateral.door-knock')
    expect((await check()).exitCode).toBe(1)
    mkdirSync(join(folder, 'rules'))
    writeFileSync(join(folder, 'rules/own.yaml'), DOOR_KNOCK)
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  test('check notes the files that are named and not there', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'picket.yaml')
    writeFileSync(file, 'api: { tls: { enabled: true, certificate: /nowhere/api.crt, key: ./api.key } }\n') // prettier-ignore
    const { exitCode, out } = await run('config', 'check', '--config', file)
    expect(exitCode).toBe(0)
    expect(out).toContain('note: api.tls.certificate: /nowhere/api.crt is not there\n')
  })

  test('print shows what is in force, as YAML that is valid again', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'picket.yaml')
    writeFileSync(file, 'api: { port: 8461 }\n')
    const { out } = await run('config', 'print', '--config', file)
    expect(out).toContain('port: 8461')
    const again = join(folder, 'again.yaml')
    writeFileSync(again, out)
    expect((await run('config', 'check', '--config', again)).exitCode).toBe(0)
  })

  test('reference prints every key with what it means', async () => {
    const { out } = await run('config', 'reference')
    expect(out).toContain('# The address to listen on')
    const { json } = await run('config', 'reference', '--json')
    expect(json).toMatchObject([
      { properties: { api: { properties: { port: { default: 8460 } } } } },
    ])
  })
})

test('doctor tells what is wrong with the configuration and looks at the rest all the same', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'picket.yaml')
  writeFileSync(file, 'nonsense: 1\n')
  const { exitCode, json } = await run('doctor', '--json', '--config', file, '--data-dir', folder)
  expect(exitCode).toBe(1)
  expect(json[0]).toMatchObject({ check: 'configuration', state: 'missing' })
  expect(json).toContainEqual(
    expect.objectContaining({ check: 'addon better-sqlite3', state: 'ok' }),
  )
})
