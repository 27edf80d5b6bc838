/** Runs a Shuffle workflow as exported: its HTTP actions along the branches, `$name.path` filled in as text. */

interface Parameter {
  readonly name: string
  readonly value: string
}
interface Action {
  readonly id: string
  readonly label: string
  readonly name: string
  readonly app_name: string
  readonly parameters: readonly Parameter[]
}
interface Condition {
  readonly condition: Parameter
  readonly source: Parameter
  readonly destination: Parameter
}
export interface ShuffleWorkflow {
  readonly start: string
  readonly actions: readonly Action[]
  readonly workflow_variables: readonly Parameter[]
  readonly branches: readonly {
    readonly source_id: string
    readonly destination_id: string
    readonly conditions: readonly Condition[]
  }[]
}

/** What an action gave: HTTP's status and what its body says. */
export interface Result {
  readonly status: number
  readonly body: unknown
}

/** Runs the workflow with an execution argument; returns each action's result by its label. */
export async function runShuffle(
  workflow: ShuffleWorkflow,
  argument: object,
  variables: Readonly<Record<string, string>>,
): Promise<Record<string, Result>> {
  const results: Record<string, Result> = {}
  const scope: Record<string, unknown> = { exec: argument }
  for (const { name, value } of workflow.workflow_variables) scope[name] = variables[name] ?? value
  let next: string | undefined = workflow.start
  while (next !== undefined) {
    const action: Action = workflow.actions.find(({ id }) => id === next)!
    results[action.label] = scope[action.label] = await send(action, scope)
    next = workflow.branches.find(
      ({ source_id: source, conditions }) =>
        source === action.id && conditions.every((one) => holds(one, scope)),
    )?.destination_id
  }
  return results
}

function fill(text: string, scope: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$(\w+)((?:\.\w+)*)/g, (written, name: string, rest: string) => {
    let value = scope[name]
    for (const key of rest.split('.').filter(Boolean)) {
      value = (value as Record<string, unknown> | undefined)?.[key]
    }
    return value === undefined ? written : typeof value === 'string' ? value : JSON.stringify(value)
  })
}

async function send(action: Action, scope: Readonly<Record<string, unknown>>): Promise<Result> {
  if (action.app_name !== 'http') throw new Error(`no app ${action.app_name}`)
  const given = new Map(action.parameters.map(({ name, value }) => [name, fill(value, scope)]))
  const headers = given
    .get('headers')!
    .split('\n')
    .map((line) => line.split(': ') as [string, string])
  const response = await fetch(given.get('url')!, {
    method: action.name,
    headers,
    body: given.get('body') ?? null,
  })
  return { status: response.status, body: await response.json() }
}

function holds(
  { condition, source, destination }: Condition,
  scope: Readonly<Record<string, unknown>>,
): boolean {
  const [left, right] = [fill(source.value, scope), fill(destination.value, scope)]
  if (condition.value === 'equals') return left === right
  if (condition.value === 'less than') return Number(left) < Number(right)
  throw new Error(`no condition ${condition.value}`)
}
