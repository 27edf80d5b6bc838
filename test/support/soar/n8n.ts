/** Runs an n8n workflow as exported: its nodes in the order of the connections, its expressions as JavaScript. */
import { runInNewContext } from 'node:vm'

interface Node {
  readonly name: string
  readonly type: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly onError?: string
  readonly retryOnFail?: boolean
  readonly maxTries?: number
  readonly waitBetweenTries?: number
}
export interface Workflow {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly connections: Readonly<
    Record<string, { readonly main: readonly (readonly { readonly node: string }[])[] }>
  >
}

export interface WorkflowRun {
  /** What the webhook answered with: one body, or one an item. */
  readonly answers: readonly unknown[]
  readonly mails: readonly Readonly<Record<string, unknown>>[]
  /** Names of the nodes that ran. */
  readonly ran: readonly string[]
}

export interface WorkflowOptions {
  /** What stands in the node `Settings`. */
  readonly settings: object
  /** Of the credential: the value of `Authorization`. */
  readonly authorization: string
}

type Item = Readonly<Record<string, unknown>>

/** Sends `body` to the workflow's webhook and runs it to its end, for each item alone. */
export async function runWorkflow(
  workflow: Workflow,
  body: object,
  { settings, authorization }: WorkflowOptions,
): Promise<WorkflowRun> {
  const run = { answers: [] as unknown[], mails: [] as Item[], ran: [] as string[] }
  const step = async (node: Node, item: Item, before: ReadonlyMap<string, Item>): Promise<void> => {
    run.ran.push(node.name)
    const say = (template: unknown): unknown => evaluate(template, item, before)
    for (const [output, given] of await perform(node, item, say)) {
      const known = new Map(before).set(node.name, given)
      for (const { node: name } of workflow.connections[node.name]?.main[output] ?? []) {
        await step(
          workflow.nodes.find((one) => one.name === name)!,
          given,
          known,
        )
      }
    }
  }
  const perform = async (node: Node, item: Item, say: Say): Promise<readonly [number, Item][]> => {
    switch (node.type.replace('n8n-nodes-base.', '')) {
      case 'webhook':
        return [[0, { body }]]
      case 'set':
        return [[0, node.name === 'Settings' ? settings : say(node.parameters['jsonOutput'])]] as [
          number,
          Item,
        ][]
      case 'if':
        return [[fits(node, say) ? 0 : 1, item]]
      case 'splitOut':
        return (item[String(node.parameters['fieldToSplitOut'])] as Item[]).map((one) => [0, one])
      case 'httpRequest':
        return [[0, await requestWithTries(node, say, authorization)]]
      case 'emailSend':
        run.mails.push({ to: say(node.parameters['toEmail']), text: say(node.parameters['text']) })
        return [[0, {}]]
      case 'respondToWebhook':
        run.answers.push(
          node.parameters['respondWith'] === 'json' ? say(node.parameters['responseBody']) : item,
        )
        return []
      default:
        throw new Error(`no node of type ${node.type}`)
    }
  }
  const start = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.webhook')!
  await step(start, {}, new Map())
  return run
}

type Say = (template: unknown) => unknown

/** A text that begins with `=` has expressions in it; one that is nothing but an expression gives its value. */
function evaluate(template: unknown, item: Item, before: ReadonlyMap<string, Item>): unknown {
  if (typeof template !== 'string' || !template.startsWith('=')) return template
  const scope = {
    $json: item,
    $: (name: string) => {
      if (!before.has(name)) throw new Error(`the node ${name} has not run`)
      return { item: { json: before.get(name) } }
    },
    encodeURIComponent,
  }
  const run = (expression: string): unknown => runInNewContext(`(${expression})`, scope)
  const whole = /^=\{\{([^]*)\}\}$/.exec(template)?.[1]
  if (whole !== undefined && !whole.includes('}}')) return run(whole)
  return template.slice(1).replace(/\{\{([^]*?)\}\}/g, (_, expression: string) => {
    return plainText(run(expression))
  })
}

function plainText(value: unknown): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
}

function fits({ parameters }: Node, say: Say): boolean {
  const { conditions } = parameters['conditions'] as { conditions: { leftValue: unknown }[] }
  return conditions.every(({ leftValue }) => {
    const value = say(leftValue)
    if (typeof value !== 'boolean') throw new Error('a strict condition got no boolean')
    return value
  })
}

/** As n8n tries again, but without its pauses; what goes on with an error is not tried again there. */
async function requestWithTries(node: Node, say: Say, authorization: string): Promise<Item> {
  const tries = node.retryOnFail === true ? (node.maxTries ?? 3) : 1
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request(node, say, authorization)
    } catch (error) {
      if (attempt >= tries) throw error
    }
  }
}

async function request(
  { parameters, onError }: Node,
  say: Say,
  authorization: string,
): Promise<Item> {
  const url = new URL(say(parameters['url']) as string)
  const query = parameters['queryParameters'] as { parameters: { name: string; value: string }[] }
  if (parameters['sendQuery'] === true) {
    for (const { name, value } of query.parameters)
      url.searchParams.set(name, plainText(say(value)))
  }
  const hasBody = parameters['sendBody'] === true
  const response = await fetch(url, {
    method: String(parameters['method']),
    headers: { authorization, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
    ...(hasBody ? { body: JSON.stringify(say(parameters['jsonBody'])) } : {}),
  })
  const answer = (await response.json()) as Item
  if (response.ok) return answer
  if (onError !== 'continueRegularOutput')
    throw new Error(`HTTP ${response.status}: ${String(answer['detail'])}`)
  return { error: answer }
}
