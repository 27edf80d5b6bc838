/** Cortex XSOAR's playbooks, written out from the short form as the product imports them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { root } from './root.mjs'

const HEADING = '# Written from source.yml by `npm run generate`; do not edit.\n'
const folder = 'deploy/soar/cortex-xsoar/playbooks'

/** Returns the text of each file by its path. */
export function xsoarPlaybooks() {
  const playbooks = parse(readFileSync(join(root, folder, 'source.yml'), 'utf8'))
  return Object.fromEntries(
    playbooks.map((playbook) => {
      const path = `${folder}/playbook-${playbook.name.replaceAll(' ', '_')}.yml`
      return [
        path,
        HEADING + stringify(written(playbook), { aliasDuplicateObjects: false, lineWidth: 0 }),
      ]
    }),
  )
}

function written({ name, description, inputs, tasks }) {
  const numbers = new Map(tasks.map(({ key }, index) => [key, String(index + 1)]))
  const start = task({ key: 'start', name: '', next: tasks[0].key }, 0, { name, numbers })
  const others = tasks.map((short, index) => {
    const next = short.end ? undefined : (short.next ?? tasks[index + 1].key)
    return task({ ...short, next }, index + 1, { name, numbers })
  })
  return {
    ...{ id: name, version: -1, name, description, starttaskid: '0', fromversion: '6.5.0' },
    tasks: Object.fromEntries([start, ...others].map((one) => [one.id, one])),
    view: JSON.stringify({
      linkLabelsPosition: {},
      paper: { dimensions: { height: 200 * tasks.length, width: 800, x: 50, y: 50 } },
    }),
    inputs: inputs.map(({ key, value, ...rest }) => ({
      key,
      value: value === '' ? {} : simple(value),
      ...rest,
    })),
    outputs: [],
    tests: ["No tests (Picket's own suite drives the playbook against a running agent)"],
  }
}

function task(short, index, { name, numbers }) {
  const type = typeOf(short)
  const uuid = uuidOf(`${name} ${short.key}`)
  const command = short.command === undefined ? {} : { script: `|||${short.command}` }
  return {
    ...{ id: String(index), taskid: uuid, type },
    task: {
      ...{ id: uuid, version: -1, name: short.name, description: short.ask ?? '' },
      ...command,
      ...{ type, iscommand: short.command !== undefined, brand: '' },
    },
    ...(short.next === undefined ? {} : { nexttasks: nextOf(short.next, numbers) }),
    ...(short.arguments === undefined ? {} : { scriptarguments: argumentsOf(short.arguments) }),
    ...(short.condition === undefined ? {} : { conditions: short.condition.map(condition) }),
    separatecontext: false,
    continueonerror: short.mayFail === true,
    view: JSON.stringify({ position: { x: 300, y: 50 + 175 * index } }),
    ...{ note: false, ignoreworker: false, skipunavailable: false, quietmode: 0 },
  }
}

function typeOf({ key, condition, end }) {
  if (key === 'start') return 'start'
  if (condition !== undefined) return 'condition'
  return end ? 'title' : 'regular'
}

function nextOf(next, numbers) {
  const number = (key) => {
    if (!numbers.has(key)) throw new Error(`no task ${key}`)
    return [numbers.get(key)]
  }
  if (typeof next === 'string') return { '#none#': number(next) }
  return Object.fromEntries(Object.entries(next).map(([label, key]) => [label, number(key)]))
}

const simple = (value) => ({ simple: value })

function argumentsOf(given) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, simple(value)]))
}

/** Within XSOAR's lists of lists the outer is AND, the inner OR. */
function condition({ label, all, any }) {
  const one = ([path, operator, right]) => ({
    operator,
    left: { value: simple(path), iscontext: true },
    ...(right === undefined ? {} : { right: { value: simple(right) } }),
  })
  return { label, condition: any === undefined ? all.map((each) => [one(each)]) : [any.map(one)] }
}

/** The same in every run: a task keeps its identity when the playbook is imported again. */
function uuidOf(text) {
  const hash = createHash('sha256').update(text).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
