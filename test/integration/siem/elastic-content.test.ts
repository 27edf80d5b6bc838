/** What is imported into Elasticsearch and Kibana: of the right shape, about fields that are there, finding what it says. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsModule from 'ajv-formats'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { esql } from '../../support/elastic/esql.ts'
import { kql } from '../../support/elastic/kql.ts'
import {
  COMPONENT_TEMPLATE,
  DETECTION_RULE,
  ILM_POLICY,
  INDEX_TEMPLATE,
  PANEL,
  SAVED_OBJECT,
} from '../../support/elastic/shapes.ts'
import { beat, NOW_MS, stored } from '../../support/elastic/stored-events.ts'

const read = (name: string): string => readFileSync(packagedFile(`deploy/elastic/${name}`), 'utf8')
const json = <Shape>(name: string): Shape => JSON.parse(read(name)) as Shape
const lines = <Shape>(name: string): Shape[] =>
  read(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Shape)

const ajv = new Ajv2020({ strict: false, allErrors: true })
formatsModule.default(ajv)
function expectShape(schema: object, value: unknown): void {
  const isRight = ajv.validate(schema, value)
  expect(isRight ? [] : ajv.errors).toEqual([])
}

interface Mapping {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Mapping>>
}
interface Template {
  readonly composed_of?: readonly string[]
  readonly template: { readonly mappings: Mapping; readonly settings?: Record<string, unknown> }
}

/** Every field that a document of ours may have, by its dotted name. */
function fieldsOf(mapping: Mapping, prefix = ''): string[] {
  return Object.entries(mapping.properties ?? {}).flatMap(([name, inner]) =>
    inner.properties === undefined ? [`${prefix}${name}`] : fieldsOf(inner, `${prefix}${name}.`),
  )
}
const template = json<Template>('index-template.json')
const component = json<Template>('component-template.json')
const fields = new Set([
  ...fieldsOf(template.template.mappings),
  ...fieldsOf(component.template.mappings),
])

describe('templates and life cycle', () => {
  it('are of the shape that Elasticsearch documents', () => {
    for (const prefix of ['', 'flow-']) {
      expectShape(ILM_POLICY, json(`${prefix}ilm-policy.json`))
      expectShape(COMPONENT_TEMPLATE, json(`${prefix}component-template.json`))
      expectShape(INDEX_TEMPLATE, json(`${prefix}index-template.json`))
    }
  })

  it('name one another by the names that the README gives them', () => {
    const readme = read('README.md')
    const settings = component.template.settings!
    expect(template.composed_of).toEqual(['picket'])
    expect(readme).toContain('_component_template/picket')
    expect(readme).toContain(`_ilm/policy/${String(settings['index.lifecycle.name'])}`)
    expect(readme).toContain(`_ingest/pipeline/${String(settings['index.final_pipeline'])}`)
    for (const field of settings['index.query.default_field'] as string[]) {
      expect(fields).toContain(field)
    }
  })

  it('are all of them put in place by the README', () => {
    const files = readdirSync(packagedFile('deploy/elastic')).filter((name) => name !== 'content')
    for (const file of files) if (file !== 'README.md') expect(read('README.md')).toContain(file)
  })
})

describe('the commands of the README', () => {
  interface Asked {
    readonly method: string
    readonly path: string
    readonly type: string
    readonly body: string
  }

  /** Runs the README's commands against a server that takes anything; gives what it was asked. */
  async function ask(): Promise<Asked[]> {
    const asked: Asked[] = []
    const server = createServer((request, answer) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        const { method, url, headers } = request
        asked.push({ method: method!, path: url!, type: headers['content-type']!, body })
        answer.end('{}')
      })
    })
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const commands = [...read('README.md').matchAll(/```sh\n([^`]*)```/g)]
      .map(([, block]) => block)
      .join('')
      .replaceAll('--cacert CA ', '-s ')
      .replaceAll(/https:\/\/(es1|kibana)\.example\.org(:\d+)?/g, here)
    await promisify(execFile)('sh', ['-euc', commands], {
      cwd: packagedFile('.'),
      env: { ...process.env, KEY: 'key' },
    })
    return asked
  }

  it('put everything in place, what others name before those that name it', async () => {
    const asked = await ask()
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /_ingest/pipeline/picket-arrival',
      'PUT /_ingest/pipeline/picket-cef-event',
      'PUT /_ingest/pipeline/picket-cef-flow',
      'PUT /_ingest/pipeline/picket-cef',
      'PUT /_ingest/pipeline/picket-ecs',
      'PUT /_ilm/policy/picket',
      'PUT /_ilm/policy/picket-flow',
      'PUT /_component_template/picket',
      'PUT /_component_template/picket-flow',
      'PUT /_index_template/picket',
      'PUT /_index_template/picket-flow',
      'POST /_security/api_key',
      'POST /api/saved_objects/_import?overwrite=true',
      'POST /api/detection_engine/rules/_import?overwrite=true',
    ])
    for (const { path, type, body } of asked) {
      if (path.startsWith('/api/')) expect(type).toMatch(/^multipart\/form-data/)
      else expect(type === 'application/yaml' ? parse(body) : JSON.parse(body)).toBeTypeOf('object')
    }
  })
})

describe('the inputs of Filebeat', () => {
  it('go through pipelines that are there, into the data stream that the template is for', () => {
    const filebeat = parse(read('filebeat.yml')) as {
      'filebeat.inputs': { id: string; enabled: boolean; pipeline: string }[]
      'output.elasticsearch': { index: string }
    }
    const inputs = filebeat['filebeat.inputs']
    for (const { pipeline } of inputs)
      expect(read('README.md')).toContain(`_ingest/pipeline/${pipeline} `)
    expect(new Set(inputs.map(({ id }) => id)).size).toBe(inputs.length)
    expect(filebeat['output.elasticsearch'].index).toBe('logs-picket.event-default')
  })
})

interface SavedObject {
  readonly type: string
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly references: readonly { type: string; id: string; name: string }[]
}
interface Panel {
  readonly type: string
  readonly panelIndex: string
  readonly gridData: { x: number; y: number; w: number; h: number }
  readonly embeddableConfig: {
    attributes?: {
      state: {
        query: { query: string }
        datasourceStates: {
          formBased: {
            layers: Record<string, { columns: Record<string, { sourceField: string }> }>
          }
        }
      }
    }
  }
}

describe('the dashboard', () => {
  const objects = lines<SavedObject>('dashboard.ndjson')
  const panels = JSON.parse(String(objects.at(-1)!.attributes['panelsJSON'])) as Panel[]

  it('is of the shape that Kibana documents, and refers only to what comes with it', () => {
    for (const object of objects) expectShape(SAVED_OBJECT, object)
    for (const panel of panels) expectShape(PANEL, panel)
    const present = objects.map(({ type, id }) => `${type} ${id}`)
    for (const { references } of objects) {
      for (const { type, id } of references) expect(present).toContain(`${type} ${id}`)
    }
    const named = objects.at(-1)!.references.map(({ name }) => name.split(':')[0])
    expect(named).toEqual(panels.map(({ panelIndex }) => panelIndex))
  })

  it('asks only for fields that documents have, in queries that can be read', () => {
    for (const { type, embeddableConfig } of panels.filter((panel) => panel.type === 'lens')) {
      const { query, datasourceStates } = embeddableConfig.attributes!.state
      expect(() => kql(query.query), type).not.toThrow()
      for (const { columns } of Object.values(datasourceStates.formBased.layers)) {
        for (const { sourceField } of Object.values(columns)) expect(fields).toContain(sourceField)
      }
    }
    const columns = objects.find(({ type }) => type === 'search')!.attributes['columns'] as string[]
    for (const column of columns) expect(fields).toContain(column)
  })

  it('has no two panels in one place, and none beyond the edge', () => {
    const taken = new Set<string>()
    for (const { x, y, w, h } of panels.map((panel) => panel.gridData)) {
      expect(x + w).toBeLessThanOrEqual(48)
      for (let cell = 0; cell < w * h; cell += 1) {
        const place = `${x + (cell % w)} ${y + Math.floor(cell / w)}`
        expect(taken).not.toContain(place)
        taken.add(place)
      }
    }
  })
})

interface Rule {
  readonly rule_id: string
  readonly name: string
  readonly type: string
  readonly query: string
  readonly from: string
  readonly interval: string
  readonly threshold?: { field: string[]; cardinality: { field: string }[] }
  readonly investigation_fields?: { field_names: string[] }
}
const rules = lines<Rule>('detection-rules.ndjson')
const rule = (name: string): Rule => rules.find((one) => one.name === name)!

describe('the detection rules', () => {
  it.each(rules.map((one) => [one.name, one] as const))('%s: of the right shape', (_, one) => {
    expectShape(DETECTION_RULE, one)
  })

  it('have an id of their own, and look back further than they are apart', () => {
    expect(new Set(rules.map(({ rule_id: id }) => id)).size).toBe(rules.length)
    const minutes = (span: string): number =>
      Number(/\d+/.exec(span)![0]) * { m: 1, h: 60 }[span.at(-1) as 'm' | 'h']
    for (const { from, interval } of rules) {
      expect(minutes(from.slice(4))).toBeGreaterThan(minutes(interval))
    }
  })

  it('name only fields that documents have', () => {
    for (const { threshold, investigation_fields: told } of rules) {
      const named = [
        ...(threshold?.field ?? []),
        ...(threshold?.cardinality ?? []).map(({ field }) => field),
        ...(told?.field_names ?? []),
      ]
      for (const field of named) expect(fields).toContain(field)
    }
  })

  it.each([
    ['Picket event that wakes somebody', { severity: 7 }, { severity: 6 }],
    [
      'Picket event that wakes somebody',
      { severity: 9, verdict: 'block' },
      { severity: 9, verdict: 'allow' },
    ],
    [
      'Picket brute force that succeeded',
      { kind: 'bruteforce.ssh', family: 'bruteforce', severity: 9 },
      { severity: 9 },
    ],
    ['Picket attacker at several hosts', { severity: 4 }, { severity: 4, attacker: null }],
    [
      'Picket agent that is blind',
      { kind: 'health.capture-drops', family: 'health' },
      { kind: 'health.heartbeat', family: 'health' },
    ],
    [
      'Picket log that was damaged or cut',
      { kind: 'health.outbox-lost', family: 'health' },
      { kind: 'health.host', family: 'health' },
    ],
    [
      'Picket firewall that somebody changed',
      { kind: 'health.firewall-changed', family: 'health' },
      {},
    ],
    [
      'Picket fleet order that was forged or refused',
      { kind: 'health.fleet-order-forged', family: 'health' },
      { kind: 'health.host', family: 'health' },
    ],
    [
      'Picket API whose tokens are guessed',
      { kind: 'bruteforce.api', family: 'bruteforce' },
      { kind: 'bruteforce.ssh', family: 'bruteforce' },
    ],
  ] as const)('%s: finds %o, not %o', (name, fitting, other) => {
    const fits = kql(rule(name).query)
    expect(fits(stored(1, fitting))).toBe(true)
    expect(fits(stored(1, other))).toBe(false)
  })

  it('tell of a block that was refused', () => {
    const decision =
      'policy ordered a block, which was refused: 192.0.2.7 is not blocked: it is a gateway'
    const documents = [stored(1, { decision }), stored(1, { decision: 'policy blocks it' })]
    const found = esql(rule('Picket block that was refused').query, documents, NOW_MS)
    expect(found).toMatchObject([{ 'event.reason': decision, 'host.name': 'web-1' }])
  })

  it('tell of an agent whose heartbeat does not come any more, and not of the others', () => {
    const query = rule('Picket agent that is silent').query
    const documents = [
      beat(4, 1),
      beat(5, 1),
      beat(6, 1, { agent: 'gone' }),
      beat(70, 1, { agent: 'gone' }),
      beat(9, 1, { agent: 'replaying' }),
      stored(1, { agent: 'replaying' }),
      stored(9, { agent: 'without heartbeats' }),
    ]
    expect(esql(query, documents, NOW_MS)).toMatchObject([{ 'agent.id': 'gone' }])
  })
})
