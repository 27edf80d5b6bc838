/** The rules of the house: how files may hang together, as one table; each failure gives the reason. */
import { describe, expect, it } from 'vitest'
import { readSources, type SourceFile, type SourceImport } from './support/source-files.ts'

/**
 * Earlier ones never import later ones. `sensor` and `agent` wire the stages into the two programs that run; the
 * cli, which `main.ts` (the wiring) hands its words to, is the third.
 * `owner` needs nothing of a flow but its ends; the agent adds what it finds before the record has it.
 * `evidence` stands behind detect: it adds to what was detected the packets it was detected by.
 * `pressure` stands where a sensor's work ends: it knows what may be left out of it.
 * `selftest` stands where the agent's way ends: it follows an attack through all of it.
 * `health` stands after detect, since what the agent says of itself is a detection like any other.
 * `fleet` stands after respond, whose orders it brings, and uses the connection that forward has to NATS.
 */
const STAGES =
  'core net capture decode flow owner feature detect evidence pressure health decide record forward respond fleet selftest api train config sensor agent wiring cli'
const stages = STAGES.split(' ')
/** Ground: every file of it is a door, since it has no inner life to protect. */
const ground = ['core', 'net', 'wiring']
/** The files by which a stage may be entered, besides `index.ts` and `config.ts`: what it hands on; `/` for all of a folder. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  capture: ['source.ts'],
  decode: ['packet.ts', 'malformed.ts'],
  flow: ['flow.ts', 'batch/index.ts'],
  feature: ['features.ts'],
  detect: ['detection.ts', 'detector.ts', 'intel/index.ts', 'models/index.ts'],
  decide: ['decision.ts'],
  record: ['record.ts', 'record-room.ts', 'event.ts', 'logs/'],
  forward: ['sink.ts', 'nats/index.ts'],
  respond: ['firewall.ts'],
  fleet: ['subjects.ts'],
  sensor: [
    'sensor.ts',
    'supervisor.ts',
    'messages.ts',
    'metrics.ts',
    'trial/rule-trial.ts',
    'trial/rules-on-capture.ts',
  ],
  agent: ['agent.ts', 'process/user.ts', 'process/service-life.ts'],
}
/** Where each package lives; elsewhere it is seen as the small interface that we need. */
const homes: Readonly<Record<string, string>> = {
  '@hono/node-server': 'src/api/',
  '@nats-io/jetstream': 'src/forward/nats/',
  '@nats-io/transport-node': 'src/forward/nats/',
  '@sinclair/typebox': 'src/core/schema/config-field.ts',
  ajv: 'src/core/schema/json-schema.ts',
  'ajv-formats': 'src/core/schema/json-schema.ts',
  'better-sqlite3': 'src/record/sqlite/driver.ts',
  cap: 'src/capture/sources/cap.ts',
  commander: 'src/cli/',
  hono: 'src/api/',
  'isolation-forest': 'src/detect/models/isolation-forest.ts',
  'ml-random-forest': 'src/train/growing/random-forest.ts',
  'openapi-fetch': 'src/cli/client.ts',
  'prom-client': 'src/core/log/metrics.ts',
  selfsigned: 'src/api/serving/own-certificate.ts',
  undici: 'src/core/http-client.ts',
  'unix-dgram': 'src/core/unix/unix-datagram.ts',
  winston: 'src/core/log/log.ts',
  'winston-syslog': 'src/core/log/log.ts',
  'winston-transport': 'src/core/log/winston-syslog.d.ts',
  yaml: 'src/core/schema/yaml.ts',
}
/** The only files that start programs: whoever asks what Picket may run as root reads these. */
const starters = [
  'src/agent/process/user.ts',
  'src/capture/sources/',
  'src/owner/command.ts',
  'src/respond/command.ts',
  'src/sensor/supervisor.ts',
  'src/sensor/trial/rule-trial.ts',
]
const barredFolders = /(^|\/)(utils?|common|helpers?|types|manager|misc|shared|lib)(\/|\.ts$)/
const longestFile = 400

const sources = readSources('src')
const everything = [...sources, ...readSources('test', 'deploy')]
const byPath = new Map(sources.map((file) => [file.path, file]))

function stageOf(path: string): string {
  const [, folder = '', rest] = path.split('/')
  return path.startsWith('src/') && rest === undefined ? 'wiring' : folder
}

function eachImport(judge: (file: SourceFile, imported: SourceImport) => boolean): string[] {
  return sources.flatMap((file) =>
    file.imports
      .filter((imported) => !judge(file, imported))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  )
}

function isWithinSources({ target, isOwn }: SourceImport): boolean {
  return isOwn && target.startsWith('src/')
}

function pointsBackward(file: SourceFile, imported: SourceImport): boolean {
  // main.ts stands at the very end: it hands argv to the cli.
  if (!isWithinSources(imported) || file.path === 'src/main.ts') return true
  return stages.indexOf(stageOf(imported.target)) <= stages.indexOf(stageOf(file.path))
}

function entersByADoor(file: SourceFile, imported: SourceImport): boolean {
  const stage = stageOf(imported.target)
  if (!isWithinSources(imported) || stage === stageOf(file.path)) return true
  if (ground.includes(stage)) return true
  const doors = ['index.ts', 'config.ts', ...(contracts[stage] ?? [])]
  return doors.some((door) => {
    const path = `src/${stage}/${door}`
    return door.endsWith('/') ? imported.target.startsWith(path) : imported.target === path
  })
}

function isAtHome(file: SourceFile, { target, isOwn }: SourceImport): boolean {
  if (isOwn || target.startsWith('node:')) return true
  const home = homes[target]
  return home !== undefined && file.path.startsWith(home)
}

function mayStartPrograms(file: SourceFile, { target }: SourceImport): boolean {
  return (
    !/^(node:)?child_process$/.test(target) || starters.some((path) => file.path.startsWith(path))
  )
}

const sensorProcess = 'src/sensor/sensor-process.ts'

/** Lists what the sensor process would load although it must not be able to do what these do. */
function loadedBySensor(): string[] {
  const barred = /^src\/(owner|decide|record|forward|respond|fleet|api|cli)\//
  const wayTo = new Map([[sensorProcess, sensorProcess]])
  for (const [path, way] of wayTo) {
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      if (isTypeOnly || wayTo.has(target) || !byPath.has(target)) continue
      wayTo.set(target, `${way} → ${target}`)
    }
  }
  return [...wayTo].flatMap(([path, way]) =>
    barred.test(path) && !path.endsWith('/config.ts') ? [way] : [],
  )
}

/** Finds circles of imports, types included; each is told once, as the way round. */
function circles(): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(' → '))
    if (done.has(path) || way.includes(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) walk(target, [...way, path])
    done.add(path)
  }
  for (const { path } of sources) walk(path, [])
  return found
}

const pathsWhere = (files: readonly SourceFile[], isWrong: (file: SourceFile) => boolean) =>
  files.filter(isWrong).map(({ path, lines }) => `${path} (${lines} lines)`)

const rules: readonly [rule: string, why: string, violations: () => string[]][] = [
  [
    'imports point only to earlier stages',
    'The tree is the pipeline: what a stage knows of later ones, it can break with them.',
    () => eachImport(pointsBackward),
  ],
  [
    'a stage is entered only by its doors',
    'Enter by index.ts, config.ts or the type the stage hands on; the rest is free to change.',
    () => eachImport(entersByADoor),
  ],
  [
    'a package has one home',
    'Elsewhere it is seen as the small interface we need, so that it can be replaced in one place.',
    () => eachImport(isAtHome),
  ],
  [
    'programs are started in few places',
    'Picket runs as root: what it may start must be readable in one sitting.',
    () => eachImport(mayStartPrograms),
  ],
  [
    'the sensor process loads nothing that holds power',
    'It parses hostile bytes: no token, no database and no firewall may be within its reach.',
    loadedBySensor,
  ],
  [
    'imports have no circles',
    'Files that need each other are one file, or hide a third that both need.',
    circles,
  ],
  [
    `a file has at most ${longestFile} lines`,
    'A file is one idea; a longer one has a second in it.',
    () => pathsWhere(everything, ({ lines }) => lines > longestFile),
  ],
  [
    'no drawer for odds and ends',
    'If a line feels homeless, the type it serves tells its folder.',
    () => pathsWhere(everything, ({ path }) => barredFolders.test(path)),
  ],
  [
    'a file opens with one sentence on why it exists',
    'The folder listing and the first lines tell a stranger the story.',
    () => pathsWhere(sources, ({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)),
  ],
]

describe('the sources', () => {
  it.each(rules)('keep the rule: %s', (_rule, why, violations) => {
    expect(violations(), why).toEqual([])
  })

  it('know every stage that the table of stages names', () => {
    const present = new Set(sources.map(({ path }) => stageOf(path)))
    expect([...present].sort()).toEqual([...stages].sort())
  })
})
