/** Cortex XSOAR as far as playbooks need it: commands of the integration, a context, conditions, and mail. */
import { readFileSync } from 'node:fs'
import { afterAll } from 'vitest'
import { parse } from 'yaml'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { startPython, type PythonHost } from './python.ts'

export interface Entry {
  readonly Type: number
  readonly Contents: unknown
  readonly HumanReadable?: string
  readonly EntryContext?: Readonly<Record<string, unknown>>
  readonly File?: string
  readonly FileID?: string
}
export interface Reported {
  readonly entries: readonly (Entry | string)[]
  readonly incidents: readonly { rawJSON: string; name: string; severity: number }[] | null
  readonly lastRun: object
}

interface Integration {
  readonly script: {
    readonly script: string
    readonly commands: readonly {
      readonly name: string
      readonly arguments: readonly { readonly name: string; readonly required?: boolean }[]
    }[]
  }
}
/** As it is imported: one file, the program in it. */
export const INTEGRATION = parse(
  readFileSync(packagedFile('deploy/soar/cortex-xsoar/integration-Picket.yml'), 'utf8'),
) as Integration

export interface Instance {
  readonly url: string
  readonly token: string
  readonly params?: object
}

let host: PythonHost | null = null
afterAll(() => host?.close())

/** Runs a command of the integration at an instance, in a folder where it may leave files. */
export async function runCommand(
  { url, token, params = {} }: Instance,
  command: string,
  args: object = {},
  { lastRun, directory }: { lastRun?: object; directory?: string | undefined } = {},
): Promise<Reported> {
  host ??= startPython('run-integration.py')
  return await host.run({
    ...{ program: INTEGRATION.script.script, command, args, lastRun, directory },
    params: { url, credentials: { password: token }, ...params },
  })
}

interface Operand {
  readonly value: { readonly simple: string }
  readonly iscontext?: boolean
}
interface Test {
  readonly operator: string
  readonly left: Operand
  readonly right?: Operand
}
interface Task {
  readonly type: string
  readonly task: {
    readonly id: string
    readonly name: string
    readonly script?: string
    readonly iscommand: boolean
  }
  readonly nexttasks?: Readonly<Record<string, readonly string[]>>
  readonly scriptarguments?: Readonly<Record<string, { readonly simple: string }>>
  readonly conditions?: readonly {
    readonly label: string
    readonly condition: readonly (readonly Test[])[]
  }[]
  readonly continueonerror: boolean
}
export interface Playbook {
  readonly name: string
  readonly starttaskid: string
  readonly tasks: Readonly<Record<string, Task>>
  readonly inputs: readonly { readonly key: string; readonly value: { readonly simple?: string } }[]
}

export interface Walk {
  /** Names of the tasks in the order in which they were done; the last is the end, or the question that nobody answered. */
  readonly done: readonly string[]
  readonly mails: readonly Readonly<Record<string, string>>[]
  readonly context: Context
}

type Context = Record<string, unknown>

/**
 * Walks a playbook. `instances` are the agents by the name of their instance; a command without `using` runs on all.
 * A question for a person is answered yes only with `isAnswered`.
 */
export async function walkPlaybook(
  playbook: Playbook,
  inputs: Readonly<Record<string, string>>,
  instances: Readonly<Record<string, Instance>>,
  { isAnswered = false, directory }: { isAnswered?: boolean; directory?: string } = {},
): Promise<Walk> {
  const given = Object.fromEntries(
    playbook.inputs.map(({ key, value }) => [key, inputs[key] ?? value.simple ?? '']),
  )
  const context: Context = { inputs: given, incident: { id: '17' } }
  const walk = { done: [] as string[], mails: [] as Record<string, string>[], context }
  let next: string | undefined = playbook.starttaskid
  while (next !== undefined) {
    const task: Task = playbook.tasks[next]!
    walk.done.push(task.task.name)
    if (task.task.iscommand) await runTask(task, walk, instances, directory)
    else if (task.type === 'regular' && !isAnswered) break
    next = task.nexttasks?.[labelOf(task, context)]?.[0]
  }
  return walk
}

async function runTask(
  task: Task,
  walk: { mails: Record<string, string>[]; context: Context },
  instances: Readonly<Record<string, Instance>>,
  directory: string | undefined,
): Promise<void> {
  const [brand, , command] = task.task.script!.split('|').slice(1)
  if (brand !== '' || command === undefined) throw new Error(`no command: ${task.task.script}`)
  const entries = Object.entries(task.scriptarguments ?? {})
  const filled = Object.fromEntries(
    entries.map(([name, { simple }]) => [name, fill(simple, walk.context)]),
  )
  const { using = '', ...args } = filled
  if (command === 'send-mail') return void walk.mails.push(args)
  const chosen = using === '' ? Object.values(instances) : [instances[using]!]
  for (const instance of chosen) {
    const { entries: told } = await runCommand(instance, command, args, { directory })
    for (const entry of told as Entry[]) {
      if (entry.Type === 4 && !task.continueonerror) throw new Error(String(entry.Contents))
      keep(entry.EntryContext ?? {}, walk.context)
    }
  }
}

/** `${path}` becomes the context's value; a place that is not there becomes nothing. */
function fill(text: string, context: Context): string {
  return text.replace(/\$\{([\w.]+)\}/g, (_, path: string) =>
    valuesAt(path, context).map(String).join(','),
  )
}

/** `Picket.Block(val.id && val.id == obj.id)`: what has the same key takes the place of what was there. */
function keep(entryContext: Readonly<Record<string, unknown>>, context: Context): void {
  for (const [written, value] of Object.entries(entryContext)) {
    const [, path, key] = /^([\w.]+)\(val\.(\w+) && val\.\2 == obj\.\2\)$/.exec(written)!
    const before = [context[path!] ?? []].flat() as Record<string, unknown>[]
    const news = [value].flat() as Record<string, unknown>[]
    const kept = before.filter((old) => !news.some((one) => one[key!] === old[key!]))
    context[path!] = [...kept, ...news]
  }
}

function valuesAt(path: string, context: Context): unknown[] {
  const root = Object.keys(context).find((name) => path === name || path.startsWith(`${name}.`))
  if (root === undefined) return []
  let values = [context[root]].flat()
  for (const name of path
    .slice(root.length + 1)
    .split('.')
    .filter(Boolean)) {
    values = values.flatMap((value) => (value as Record<string, unknown> | null)?.[name] ?? [])
  }
  return values
}

function labelOf(task: Task, context: Context): string {
  if (task.type !== 'condition') return '#none#'
  const met = task.conditions!.find(({ condition }) =>
    condition.every((some) => some.some((test) => holds(test, context))),
  )
  return met?.label ?? '#default#'
}

function holds({ operator, left, right }: Test, context: Context): boolean {
  const values = valuesAt(left.value.simple, context)
  const present = values.filter((value) => value !== '' && value !== null)
  if (operator === 'isExists' || operator === 'isNotEmpty') return present.length > 0
  if (operator === 'isEqualString') return present.some((value) => value === right!.value.simple)
  throw new Error(`no operator ${operator}`)
}
